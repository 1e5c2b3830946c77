"""The code location as a data engineer sees it in the Dagster UI."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from expectations.runner import CheckResult, GateReport
from expectations.suites.by_layer import GATES
from orchestration.definitions import build
from orchestration.defs.checks import EXPECTATIONS, stop_at
from orchestration.defs.dbt_specs import asset_specs
from orchestration.settings import Settings

LAYERS = [
    "landing",
    "raw",
    "staging",
    "dimensions",
    "facts",
    "forecast",
    "waste",
    "marts",
    "published",
    "journal",
    "served",
]


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    root = tmp_path_factory.mktemp("definitions")
    return build(Settings(landing_dir=root / "landing", data_dir=root / "data"))


def test_every_asset_is_described_grouped_by_layer_and_owned(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.group_name == key.path[0], key
        assert node.group_name in LAYERS, key
        assert node.owners, key
        assert node.kinds, key
        assert node.tags["layer"] == key.path[0], key


def test_every_built_asset_has_a_code_reference(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        references = graph.get(key).metadata["dagster/code_references"].code_references
        assert references and all(Path(one.file_path).is_file() for one in references), key
    model = graph.get(dg.AssetKey(["marts", "usage_daily"])).metadata["dagster/code_references"]
    assert model.code_references[0].file_path.endswith("models/marts/usage_daily.sql")


def test_every_mart_shows_its_columns(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    marts = [key for key in graph.materializable_asset_keys if key.path[0] == "marts"]
    assert len(marts) > 15
    for key in marts:
        columns = graph.get(key).metadata["dagster/column_schema"].columns
        assert columns and all(column.description and column.type for column in columns), key
        assert not any("{{" in column.description for column in columns), "doc blocks are rendered"


def test_every_asset_that_runs_rebuild_has_a_freshness_policy(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        is_nightly = key.path[0] not in ("landing", "journal", "served")
        assert (graph.get(key).freshness_policy is not None) == is_nightly, key


def test_lineage_leads_from_every_landing_feed_to_the_published_marts(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey(["published", "marts"]))
    landing = {key for key in graph.get_all_asset_keys() if key.path[0] == "landing"}
    # the packs feed waits for the forecast that recommends one
    assert landing - upstream <= {dg.AssetKey(["landing", "credit_packs"])}


def test_every_critical_gate_blocks_the_next_step(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    critical = {
        dg.AssetKey(gate.asset.split("."))
        for gates in GATES.values()
        for gate in gates
        if any(check.severity == "critical" for check in gate.checks)
    }
    assert critical
    for key in critical:
        assert graph.get_check_spec(dg.AssetCheckKey(key, EXPECTATIONS)).blocking, key
        following = {child for child in graph.get(key).child_keys if child.path[0] != key.path[0]}
        assert following, f"a failed gate on {key} would not stop anything"


def test_every_check_says_in_words_what_it_proves(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    specs = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    assert len(specs) > 80
    for spec in specs:
        assert all(word.isalpha() for word in spec.name.split("_")) and "_" in spec.name, spec.name
        first, _, rules = (spec.description or "").partition("\n\n")
        assert first.endswith(":"), spec.asset_key
        for rule in rules.splitlines():
            name, _, sentence = rule.removeprefix("- ").partition(": ")
            # the name of a rule, never a list of its arguments
            assert "__" not in name and len(name) < 75, rule
            assert len(sentence.split()) >= 3, rule


def test_a_failed_step_says_why_in_its_first_line() -> None:
    def result(name: str, *, passed: bool) -> CheckResult:
        return CheckResult(
            "raw.doors", name, "critical", passed, "1 case", "doors are shut", f"{name}: 1 case."
        )

    stop_at(GateReport("raw", (result("shut", passed=True),)))
    with pytest.raises(dg.Failure, match=r"^raw\.doors shut: shut: 1 case\. \(and 1 more\)$"):
        stop_at(GateReport("raw", (result("shut", passed=False), result("locked", passed=False))))


def test_the_schedule_passes_its_due_time_to_the_run(definitions: dg.Definitions) -> None:
    from datetime import UTC, datetime

    schedule = definitions.resolve_schedule_def("nightly")
    due = datetime(2026, 4, 8, 2, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=due)
        request = schedule.evaluate_tick(context).run_requests[0]
    assert request.run_config["resources"]["run"]["config"] == {
        "as_of": "",
        "now": "2026-04-08T02:00:00+00:00",
        "full_refresh": False,
        "is_loading": True,
        "is_future_refused": False,
    }


def test_an_ephemeral_model_is_no_asset_but_leads_to_what_it_is_built_from(tmp_path: Path) -> None:
    def node(name: str, materialized: str, *parents: str) -> dict[str, object]:
        return {
            "unique_id": f"model.credits.{name}",
            "name": name,
            "resource_type": "model",
            "description": name,
            "config": {"schema": "facts", "materialized": materialized},
            "columns": {},
            "checksum": {"checksum": "0"},
            "original_file_path": "models/facts/x.sql",
            "depends_on": {"nodes": [f"model.credits.{parent}" for parent in parents]},
        }

    nodes = (node("first", "table"), node("between", "ephemeral", "first"), node("last", "view", "between"))
    parsed = {
        "metadata": {"adapter_type": "duckdb"},
        "nodes": {one["unique_id"]: one for one in nodes},
        "sources": {},
    }
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(parsed))

    specs = {spec.key.path[-1]: spec for spec in asset_specs(manifest, "facts")}
    assert list(specs) == ["first", "last"]
    assert [dep.asset_key.path for dep in specs["last"].deps] == [["facts", "first"]]
