"""The dbt project: its unit tests, and the conventions every model keeps."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from product import SAMPLE_AS_OF, Night

REPO = Path(__file__).resolve().parents[2]
PROJECT = REPO / "dbt_project"


def dbt(*arguments: str, data_dir: Path, target: Path) -> subprocess.CompletedProcess[str]:
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
        env={**os.environ, "CREDITS_DATA_DIR": str(data_dir), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
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
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def test_every_rule_of_the_disposition_table_passes_its_unit_tests(
    sample_night: Night, tmp_path: Path
) -> None:
    said = dbt("test", "--select", "test_type:unit", data_dir=sample_night.data_dir, target=tmp_path)
    assert said.returncode == 0, said.stdout
    assert re.search(r"PASS=1[2-9] WARN=0 ERROR=0", said.stdout), said.stdout


def test_every_rule_of_the_disposition_table_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {int(name) for key in manifest["unit_tests"] for name in re.findall(r"rule_(\d+)_", key)}
    assert tested == set(range(1, 11))


def test_every_model_and_column_is_described(manifest: dict[str, Any], sample_night: Night) -> None:
    import duckdb

    with duckdb.connect(str(sample_night.data_dir / "warehouse.duckdb"), read_only=True) as warehouse:
        columns = warehouse.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
        ).fetchall()
    for model in models(manifest):
        assert model["description"], model["name"]
        described = {name for name, column in model["columns"].items() if column["description"]}
        real = {column for table, column in columns if table == f"{model['schema']}.{model['name']}"}
        assert described == real, model["name"]


def test_a_model_has_a_tested_key_and_lies_in_the_schema_of_its_folder(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    keyed = {node["attached_node"] for node in tests if node["name"].startswith("unique_key")}
    for model in models(manifest):
        assert model["schema"] == model["fqn"][1], model["name"]
        # a file rejected whole and a line may share everything; the list of them has no key
        assert model["unique_id"] in keyed or model["name"] == "stg_quarantine", model["name"]


def test_every_mart_has_an_enforced_contract(manifest: dict[str, Any]) -> None:
    marts = [model for model in models(manifest) if model["schema"] == "marts"]
    assert len(marts) >= 11
    assert all(model["config"]["contract"]["enforced"] for model in marts)


def test_no_model_names_an_engine() -> None:
    for file in (PROJECT / "models").rglob("*.sql"):
        assert not re.search(r"duckdb|spark|target\.type|adapter\.", file.read_text(), re.IGNORECASE), file
