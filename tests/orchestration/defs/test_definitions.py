"""The code location as a data engineer sees it in the Dagster UI."""

from __future__ import annotations

import dagster as dg
import pytest

from expectations.suites import GATES
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
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CREDITS_DATA_DIR", str(root / "data"))
        from orchestration.definitions import build

        return build(Settings(landing_dir=root / "landing", data_dir=root / "data"))


def test_every_asset_is_described_grouped_by_layer_and_owned(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.group_name == key.path[0], key
        assert node.group_name in LAYERS, key
        assert node.owners, key


def test_lineage_leads_from_every_landing_feed_to_what_is_published(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey(["published", "marts"]))
    landing = {key for key in graph.get_all_asset_keys() if key.path[0] == "landing"}
    # the packs feed waits for the forecast that recommends one
    assert landing - upstream <= {dg.AssetKey(["landing", "credit_packs"])}


def test_every_critical_gate_stops_the_step_that_follows(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    critical = {
        dg.AssetKey(gate.asset.split("."))
        for gates in GATES.values()
        for gate in gates
        if any(check.severity == "critical" for check in gate.checks)
    }
    assert critical
    for key in critical:
        assert graph.get_check_spec(dg.AssetCheckKey(key, "gate")).blocking, key
        following = {child for child in graph.get(key).child_keys if child.path[0] != key.path[0]}
        assert following, f"a failed gate on {key} would not stop anything"


def test_the_schedule_tells_the_run_when_it_was_due(definitions: dg.Definitions) -> None:
    from datetime import UTC, datetime

    schedule = definitions.resolve_schedule_def("nightly")
    due = datetime(2026, 4, 8, 2, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=due)
        request = schedule.evaluate_tick(context).run_requests[0]
    assert request.run_config["resources"]["night"]["config"] == {
        "as_of": "",
        "now": "2026-04-08T02:00:00+00:00",
        "full_refresh": False,
        "is_loading": True,
    }
