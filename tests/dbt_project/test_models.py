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
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.product import SAMPLE_AS_OF, NightlyRun

REPO = Path(__file__).resolve().parents[2]
PROJECT = REPO / "dbt_project"
# a model whose rows need no key test of its own, and why
KEYLESS = {
    "stg_quarantine": "a file rejected whole and a line may share everything; the list of them has no key",
    "int_generations_localized": "a view, by construction one row per staged generation, whose key is tested",
    "int_generations_reported": "a view, by construction some of the rows of int_generations_localized",
    "int_outcomes_known": "its keys are tested in staging; int_generations_classified finds a doubled row",
    "int_changed_units": "a union of its key, whose locale may be null; int_changed_generations finds one",
    "int_unit_last_used": "grouped by its key, of which unit_key stands for the unit",
    "fct_generations": "the rows of int_generations_classified, joined to one row of each small table",
    "ml_waste_cases": "a view of int_generations_classified; the gate on probabilities finds one doubled",
}
NO_NETWORK = """
import socket

def refuse(*_, **__):
    raise OSError("there is no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""


def dbt(
    *arguments: str, data_dir: Path, target: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("dbt")),
        *arguments,
        "--profiles-dir",
        ".",
        "--target-path",
        str(target),
    ]
    return subprocess.run(
        [*command, "--log-path", str(target), "--vars", json.dumps({"as_of": SAMPLE_AS_OF})],
        cwd=PROJECT,
        env={
            **os.environ,
            "CREDITS_DATA_DIR": str(data_dir),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("target")
    parsed = dbt("parse", data_dir=target, target=target)
    assert parsed.returncode == 0, parsed.stdout
    found: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return found


def models(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The models that are relations; an ephemeral one is part of the models that refer to it."""
    found = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return (model for model in found if model["config"]["materialized"] != "ephemeral")


def seeds(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "seed")


@pytest.fixture(scope="module")
def docs(sample_run: NightlyRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the docs, made by a dbt that can reach nothing."""
    cut_off, target = tmp_path_factory.mktemp("cut_off"), tmp_path_factory.mktemp("docs")
    (cut_off / "sitecustomize.py").write_text(NO_NETWORK)
    said = dbt(
        *("docs", "generate"),
        data_dir=sample_run.data_dir,
        target=target,
        environment={"PYTHONPATH": str(cut_off)},
    )
    assert said.returncode == 0, said.stdout
    return target


def test_every_dbt_unit_test_passes(manifest: dict[str, Any], sample_run: NightlyRun, tmp_path: Path) -> None:
    said = dbt("test", "--select", "test_type:unit", data_dir=sample_run.data_dir, target=tmp_path)
    assert said.returncode == 0, said.stdout
    assert f"PASS={len(manifest['unit_tests'])} WARN=0 ERROR=0 SKIP=0" in said.stdout, said.stdout


@pytest.fixture(scope="module")
def disposition_rules() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "disposition_rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_disposition_rule_has_a_unit_test(
    manifest: dict[str, Any], disposition_rules: list[dict[str, str]]
) -> None:
    tested = {name for key in manifest["unit_tests"] for name in re.findall(r"rule_(\d+)_", key)}
    assert tested == {row["rule"] for row in disposition_rules} == {str(number) for number in range(1, 11)}


def test_a_disposition_rule_is_named_after_its_waste_reason_or_its_disposition(
    disposition_rules: list[dict[str, str]],
) -> None:
    for row in disposition_rules:
        assert bool(row["waste_reason"]) == (row["disposition"] == "wasted"), row
        assert row["rule_name"] == (row["waste_reason"] or row["disposition"]), row
        assert row["meaning"], row
    assert len({row["rule_name"] for row in disposition_rules}) == len(disposition_rules)


def test_usage_has_a_column_for_every_disposition_rule(
    manifest: dict[str, Any], disposition_rules: list[dict[str, str]]
) -> None:
    columns = {model["name"]: set(model["columns"]) for model in models(manifest)}

    def counted(model: str) -> set[str]:
        return {name.removesuffix("_credits") for name in columns[model] if name.endswith("_credits")}

    settled = {row["rule_name"] for row in disposition_rules if row["is_settled"] == "true"}
    reasons = {row["waste_reason"] for row in disposition_rules if row["waste_reason"]}
    dispositions = {row["disposition"] for row in disposition_rules}
    assert counted("int_usage_daily_base") == settled | {"open"}
    assert counted("fct_usage_daily") == reasons | dispositions
    assert counted("usage_daily") == counted("fct_usage_by_period") == dispositions


def test_the_docs_are_whole_without_a_network(docs: Path) -> None:
    assert (docs / "index.html").stat().st_size > 0
    assert json.loads((docs / "catalog.json").read_text())["errors"] is None


def test_every_model_and_column_of_the_docs_is_described(docs: Path) -> None:
    manifest = json.loads((docs / "manifest.json").read_text())
    catalog = json.loads((docs / "catalog.json").read_text())["nodes"]
    relations = [*models(manifest), *seeds(manifest)]
    assert set(catalog) == {relation["unique_id"] for relation in relations}
    for model in relations:
        assert model["description"], model["name"]
        described = {name for name, column in model["columns"].items() if column["description"]}
        assert described == set(catalog[model["unique_id"]]["columns"]), model["name"]


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


def test_a_model_has_a_tested_key_and_lies_in_the_schema_of_its_folder(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keyed = {node["attached_node"] for node in tests if node["name"].startswith("unique_key")}
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
    "spoil",
    [
        "attempt_number = 3 where attempt_number = 2",
        "attempt_count = attempt_count + 1 where attempt_number = 1",
        "attempt_number = 1 where attempt_number = 2",
    ],
)
def test_an_episode_with_a_hole_is_found(spoil: str, sample_run: NightlyRun, tmp_path: Path) -> None:
    shutil.copy(sample_run.data_dir / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(f"update facts.int_generations_classified set {spoil}")
    selected = ("--select", "test_name:attempts_numbered_without_gaps")
    said = dbt("test", *selected, data_dir=tmp_path, target=tmp_path / "target")
    assert said.returncode != 0
    assert "PASS=0 WARN=0 ERROR=1" in said.stdout, said.stdout
