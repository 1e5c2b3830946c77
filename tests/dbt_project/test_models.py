"""The dbt project: its unit tests, its docs, and the conventions every model keeps."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.product import SAMPLE_AS_OF, NightlyRun, copy_run

from orchestration.landing.contract import FEEDS
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.duckdb import DuckDBWarehouse

REPO = Path(__file__).resolve().parents[2]
PROJECT = REPO / "dbt_project"
# models that need no key test, and why
KEYLESS = {
    "stg_quarantine": "a file rejected whole and a line may share everything; the list of them has no key",
    "int_generations_localized": "a view, by construction one row per staged generation, whose key is tested",
    "int_generations_reported": "a view, by construction some of the rows of int_generations_localized",
    "int_outcomes_arrived": "some of the rows of stg_content_outcomes, whose key is tested",
    "int_outcomes_of_changed": "some of the rows of stg_content_outcomes, whose key is tested",
    "int_outcomes_known": "its keys are tested in staging; int_generations_classified finds a doubled row",
    "int_changed_units": "a union of its key, whose locale may be null; int_changed_generations finds one",
    "int_unit_last_used": "grouped by its key, of which unit_key stands for the unit",
    "int_usage_by_window": "grouped by its key",
    "int_generations_refunded": "grouped by its key",
    "int_generations_retracted": "grouped by its key",
    "int_restated_days": "grouped by its key",
    "fct_usage_by_day": "grouped by its key",
    "fct_budget_usage_daily": "grouped by its key",
    "fct_usage_daily": "the rows of int_usage_daily_base, joined to one row of each small table",
    "int_references": "a union of staged rows, whose keys are tested",
    "int_references_unknown": "its other_source is null in the row of the reference itself",
    "int_generation_changes": "a log of changes, in which a corrected generation stands twice",
    "fct_generations": "the rows of int_generations_classified, joined to one row of each small table",
    "int_lot_draws_laid_out": "rows of the ledger's draws, numbered within their day",
    "int_charge_causes": "rows of the ledger's draws and of dim_member_teams, whose keys are tested there",
    "fct_lot_draws": "the rows of int_split_draws, and generations joined to the only draw of their day",
    "fct_cost_daily": "the rows of fct_usage_daily and int_split_draws, joined to one draw each",
    "fct_chargeback": "grouped by its key, in which currency and unit_price may be null",
    "int_cost_by_window": "grouped by its key, in which currency and unit_price may be null",
    "fct_cost_by_period": "grouped by its key, in which currency may be null",
    "ml_waste_cases": "a view of int_generations_classified; the gate on probabilities finds one doubled",
}
NO_NETWORK = """
import socket

def refuse(*_, **__):
    raise OSError("there is no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    return DbtProject(PROJECT, target_dir=tmp_path_factory.mktemp("target"))


@pytest.fixture(scope="module")
def manifest(project: DbtProject) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.manifest_path.read_text())
    return found


def results_of_tests(project: DbtProject, select: str, data_dir: Path) -> list[str]:
    """The status of each selected test."""
    warehouse = DuckDBWarehouse(data_dir / "warehouse.duckdb")
    # dbt opens the file for each test
    with pytest.MonkeyPatch.context() as patched, closing(warehouse), warehouse.building():
        patched.setenv("CREDITS_DATA_DIR", str(data_dir))
        tested = project._invoke(
            ["test", "--select", select], {"as_of": SAMPLE_AS_OF}, manifest=project.manifest
        )
    return [str(result.status) for result in tested.results]


def models(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The models that are relations; an ephemeral one is part of the models that refer to it."""
    found = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return (model for model in found if model["config"]["materialized"] != "ephemeral")


def seeds(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "seed")


@pytest.fixture(scope="module")
def run(sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> NightlyRun:
    """The sample run in a data directory that dbt may write to."""
    return copy_run(sample_run, tmp_path_factory.mktemp("run") / "data")


@pytest.fixture(scope="module")
def docs(run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the docs, generated by a dbt without a network."""
    cut_off, target = tmp_path_factory.mktemp("cut_off"), tmp_path_factory.mktemp("docs")
    (cut_off / "sitecustomize.py").write_text(NO_NETWORK)
    folders = {"profiles-dir": PROJECT, "target-path": target, "log-path": target}
    options = [word for name, folder in folders.items() for word in (f"--{name}", str(folder))]
    options += ["--vars", json.dumps({"as_of": SAMPLE_AS_OF})]
    result = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "docs", "generate", *options],
        cwd=PROJECT,
        env={**os.environ, "CREDITS_DATA_DIR": str(run.data_dir), "PYTHONPATH": str(cut_off)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return target


def test_every_dbt_unit_test_passes(manifest: dict[str, Any], project: DbtProject, run: NightlyRun) -> None:
    results = results_of_tests(project, "test_type:unit", run.data_dir)
    assert results == ["pass"] * len(manifest["unit_tests"])


@pytest.fixture(scope="module")
def disposition_rules() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "disposition_rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_disposition_rule_has_a_unit_test(
    manifest: dict[str, Any], disposition_rules: list[dict[str, str]]
) -> None:
    tested = {name for key in manifest["unit_tests"] for name in re.findall(r"rule_(\d+a?)_", key)}
    numbered = {"2a", *(str(number) for number in range(11))}
    assert tested == {row["rule"] for row in disposition_rules} == numbered


def test_a_disposition_rule_is_named_after_its_waste_reason_or_its_disposition(
    disposition_rules: list[dict[str, str]],
) -> None:
    for row in disposition_rules:
        assert bool(row["waste_reason"]) == (row["disposition"] == "wasted"), row
        named = row["waste_reason"] or row["disposition"]
        assert row["rule_name"] == ("unused_variant" if row["rule"] == "2a" else named), row
        assert row["meaning"], row
    assert len({row["rule_name"] for row in disposition_rules}) == len(disposition_rules)


def test_usage_has_a_column_for_every_disposition_rule(
    manifest: dict[str, Any], disposition_rules: list[dict[str, str]]
) -> None:
    columns = {model["name"]: set(model["columns"]) for model in models(manifest)}

    # these are part of the credits of dispositions, or of the generations of one
    other = {"product_credits", "partly_refunded_credits", "pending_product_credits", "unpriced_credits"}

    def counted(model: str) -> set[str]:
        return {name.removesuffix("_credits") for name in columns[model] - other if name.endswith("_credits")}

    settled = {row["rule_name"] for row in disposition_rules if row["is_settled"] == "true"}
    reasons = {row["waste_reason"] for row in disposition_rules if row["waste_reason"]}
    dispositions = {row["disposition"] for row in disposition_rules}
    assert counted("int_usage_daily_base") == settled | {"untracked", "open", "open_unitless"}
    assert counted("fct_usage_daily") == reasons | dispositions
    assert counted("usage_daily") == counted("fct_usage_by_period") == dispositions


def test_rows_of_a_feed_are_compared_in_the_columns_of_their_content_hash(manifest: dict[str, Any]) -> None:
    listed = manifest["macros"]["macro.credits.content_columns"]["macro_sql"]
    for feed in ("generation_events", "content_outcomes", "event_retractions", "credit_entries"):
        columns = re.findall(r"'(\w+)'", listed.split(f"'{feed}': [")[1].split("]")[0])
        expected = set(FEEDS[feed].content_names) - set(FEEDS[feed].key)
        assert columns == sorted(expected), feed


@pytest.mark.slow
def test_the_docs_are_complete_without_a_network(docs: Path) -> None:
    assert (docs / "index.html").stat().st_size > 0
    assert json.loads((docs / "catalog.json").read_text())["errors"] is None


def test_every_model_and_column_is_described(manifest: dict[str, Any], sample_run: NightlyRun) -> None:
    found: dict[str, set[str]] = {}
    with duckdb.connect(str(sample_run.data_dir / "warehouse.duckdb"), read_only=True) as warehouse:
        columns = "select schema_name || '.' || table_name, column_name from duckdb_columns()"
        for relation, column in warehouse.execute(columns).fetchall():
            found.setdefault(relation, set()).add(column)
    for model in [*models(manifest), *seeds(manifest)]:
        assert model["description"], model["name"]
        described = {name for name, column in model["columns"].items() if column["description"]}
        assert described == found[f"{model['schema']}.{model['name']}"], model["name"]


def test_a_recurring_description_has_one_doc_block() -> None:
    """No description repeats the text of a block, and every block is referred to."""
    text_of_blocks = (PROJECT / "models" / "columns.md").read_text()
    blocks = dict(re.findall(r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", text_of_blocks))
    described = "\n".join(file.read_text() for file in (PROJECT / "models").rglob("*.yml"))
    repeated = {name for name, text in blocks.items() if f'        description: "{text}"' in described}
    assert not repeated, f"write \"{{{{ doc('...') }}}}\" instead of the text of: {repeated}"
    assert set(blocks) == set(re.findall(r"\{\{ doc\('(\w+)'\) \}\}", described))


def test_every_published_mart_has_an_exposure_that_uses_it(
    manifest: dict[str, Any], sample_run: NightlyRun
) -> None:
    published = sample_run.query(
        "select 'model.credits.' || table_name from information_schema.tables where table_schema = 'marts'"
    )
    exposures = manifest["exposures"].values()
    used = {used for exposure in exposures for used in exposure["depends_on"]["nodes"]}
    assert used == {mart for (mart,) in published}


def test_every_model_has_a_tested_key_and_the_schema_of_its_folder(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert not [node["name"] for node in tests if "__" in node["name"] or not node["description"]]
    keyed = {node["attached_node"] for node in tests if node["test_metadata"]["name"] == "unique_key"}
    for model in models(manifest):
        assert model["schema"] == model["fqn"][1], model["name"]
    assert {model["name"] for model in models(manifest) if model["unique_id"] not in keyed} == set(KEYLESS)


def test_every_mart_has_an_enforced_contract(manifest: dict[str, Any]) -> None:
    marts = [model for model in models(manifest) if model["schema"] == "marts"]
    assert len(marts) >= 11
    assert all(model["config"]["contract"]["enforced"] for model in marts)


def test_no_model_names_an_engine() -> None:
    for file in (PROJECT / "models").rglob("*.sql"):
        assert not re.search(r"duckdb|spark|target\.type|adapter\.", file.read_text(), re.IGNORECASE), file


@pytest.mark.parametrize(
    "change",
    [
        "attempt_number = 3 where attempt_number = 2",
        *(
            pytest.param(change, marks=pytest.mark.slow)
            for change in (
                "attempt_count = attempt_count + 1 where attempt_number = 1",
                "attempt_number = 1 where attempt_number = 2",
            )
        ),
    ],
)
def test_an_episode_with_a_missing_attempt_fails_the_dbt_test(
    change: str, project: DbtProject, sample_run: NightlyRun, tmp_path: Path
) -> None:
    shutil.copy(sample_run.data_dir / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(f"update facts.int_generations_classified set {change}")
    assert results_of_tests(project, "test_name:attempts_numbered_without_gaps", tmp_path) == ["fail"]
