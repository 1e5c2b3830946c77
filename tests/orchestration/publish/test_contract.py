"""The data contract follows the standard, and says of each mart what is published."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from open_data_contract_standard.model import OpenDataContractStandard
from support.product import NightlyRun

from orchestration.cli.main import main
from orchestration.publish.versions.export import MART_KEYS


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("contract") / "contract.yaml"
    done = CliRunner().invoke(main, ["export", "contract", "--out", str(out)])
    assert done.exit_code == 0, done.output
    return dict(yaml.safe_load(out.read_text(encoding="utf-8")))


def test_the_contract_follows_the_standard(contract: dict[str, Any]) -> None:
    schema = json.loads(OpenDataContractStandard.json_schema())
    jsonschema.validate(contract, schema)
    assert contract["apiVersion"] == "v3.2.0"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(contract | {"kind": "Another"}, schema)


def test_the_contract_has_every_published_column_in_its_order(
    contract: dict[str, Any], sample_run: NightlyRun
) -> None:
    published = sample_run.query(
        "select table_name, list(column_name order by column_index) from duckdb_columns()"
        " where schema_name = 'marts' group by 1 order by 1"
    )
    described = [
        (mart["name"], [column["name"] for column in mart["properties"]]) for mart in contract["schema"]
    ]
    assert described == published


def test_the_contract_names_keys_types_and_known_values(contract: dict[str, Any]) -> None:
    marts = {mart["name"]: mart for mart in contract["schema"]}
    for name, mart in marts.items():
        key = [column["name"] for column in mart["properties"] if column.get("primaryKey")]
        assert key and set(key) <= set(MART_KEYS.get(name, key)), name
    columns = {column["name"]: column for column in marts["credit_lots"]["properties"]}
    assert columns["funded"]["physicalType"] == "decimal(38,6)"
    assert {"value": "exhausted"} in columns["lot_status"]["enum"]
    assert "funded = consumed" in marts["credit_lots"]["description"]


def test_the_contract_is_json_if_asked_for_and_no_table() -> None:
    shown = CliRunner().invoke(main, ["export", "contract", "--format", "json"])
    assert json.loads(shown.output)["kind"] == "DataContract"
    refused = CliRunner().invoke(main, ["export", "contract", "--format", "table"])
    assert (refused.exit_code, "--format json" in refused.output) == (2, True)
