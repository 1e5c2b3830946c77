"""The published marts as a data contract: Open Data Contract Standard 3.2, from what dbt has of each model.

Not here: what the columns mean (dbt_project/models/marts), or that it holds (its tests, the gates).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

API_VERSION = "v3.2.0"
_LOGICAL = {
    **{"string": "string", "boolean": "boolean", "date": "date", "timestamp": "timestamp"},
    **{"bigint": "integer", "integer": "integer", "double": "number"},
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
Node = Mapping[str, Any]


def data_contract(manifest: Mapping[str, Any], *, version: str) -> dict[str, Any]:
    """The contract of all marts, as the standard has it.

    Args:
        manifest: of dbt, as JSON.
        version: of this package, which the contract changes with.
    """
    nodes = manifest["nodes"].values()
    marts = [
        node for node in nodes if node["resource_type"] == "model" and node["config"]["schema"] == "marts"
    ]
    return {
        "kind": "DataContract",
        "apiVersion": API_VERSION,
        "id": "credit-usage-analytics",
        "name": "Credit Usage Analytics",
        "version": version,
        "status": "active",
        "description": {
            "purpose": "Who spent credits of AI generation, on what, how efficiently, and when they run out.",
            "usage": "Read published/credits.duckdb read-only, or published/parquet; columns may be added, "
            "and are neither renamed nor retyped within a major version.",
            "limitations": "Amounts are exact decimals, instants are UTC, days are local to the workspace.",
        },
        "servers": [
            {"server": "file", "type": "duckdb", "database": "published/credits.duckdb", "schema": "marts"}
        ],
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "d"}],
        "schema": [_mart(mart, nodes) for mart in sorted(marts, key=lambda mart: str(mart["name"]))],
    }


def _mart(mart: Node, nodes: Any) -> dict[str, Any]:
    tests = [node for node in nodes if node.get("attached_node") == mart["unique_id"]]
    (key,) = [columns for test in tests for columns in _key(test)] or [[]]
    values = {column: listed for test in tests for column, listed in _values(test)}
    return {
        "name": mart["name"],
        "physicalName": f"marts.{mart['name']}",
        "logicalType": "object",
        "physicalType": "table",
        "description": mart["description"],
        "properties": [_column(column, key, values) for column in mart["columns"].values()],
        "quality": [
            {"name": test["name"], "type": "text", "description": test["description"]}
            for test in sorted(tests, key=lambda test: str(test["name"]))
            if test["description"]
        ],
    }


def _column(column: Node, key: list[str], values: Mapping[str, list[str]]) -> dict[str, Any]:
    name, kind = column["name"], column["data_type"]
    found: dict[str, Any] = {"name": name, "physicalType": kind, "description": column["description"]}
    if decimal := _DECIMAL.fullmatch(kind):
        precision, scale = map(int, decimal.groups())
        found |= {"logicalType": "number", "customProperties": _properties(precision=precision, scale=scale)}
    else:
        found["logicalType"] = _LOGICAL[kind]
    if name in key:
        found |= {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1, "required": True}
    if name in values:
        found["enum"] = [{"value": value} for value in values[name]]
    return found


def _properties(**values: int) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]


def _key(test: Node) -> Iterator[list[str]]:
    if test["test_metadata"]["name"] == "unique_key":
        yield test["test_metadata"]["kwargs"]["columns"]


def _values(test: Node) -> Iterator[tuple[str, list[str]]]:
    asked = test["test_metadata"]["kwargs"]
    if test["test_metadata"]["name"] == "accepted_values":
        yield asked["column_name"], asked["values"]
