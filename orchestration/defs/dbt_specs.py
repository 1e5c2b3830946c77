"""What Dagster knows of the dbt models: assets and checks, read from dbt's manifest.

dagster-dbt makes the same of it, and takes two seconds to import. How a layer is built does not belong here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.defs.policy import code_of
from orchestration.settings import PROJECT_DIR

TESTS = "dbt_tests_pass"
# in the metadata of a check: how many there are in it, as the commands count them
CHECKS = "checks"
Node = Mapping[str, Any]


def asset_specs(manifest: Path, layer: str) -> list[dg.AssetSpec]:
    """One asset for each model and seed of a layer, with its columns and what it is built from."""
    nodes, kinds = _nodes(manifest), {"dbt", _parsed(manifest)["metadata"]["adapter_type"]}
    return [_asset_spec(node, nodes, kinds) for node in _of_layer(nodes, layer)]


def check_specs(manifest: Path, layer: str) -> list[dg.AssetCheckSpec]:
    """One check for each model of a layer with data tests: that all of them pass."""
    nodes = _nodes(manifest)
    tests: dict[str, list[str]] = {}
    for node in nodes.values():
        if node["resource_type"] == "test" and (model := node.get("attached_node")):
            tests.setdefault(model, []).append(f"{node['name']}: {node['description']}")
    return [
        dg.AssetCheckSpec(
            name=TESTS,
            asset=_key(node),
            blocking=True,
            description=described("Every dbt test of the model passes:", tests[node["unique_id"]]),
        )
        for node in _of_layer(nodes, layer)
        if node["unique_id"] in tests
    ]


def described(what: str, rules: Sequence[str]) -> str:
    """A description as Markdown: what a check is, and each rule in it."""
    return "\n".join([what, "", *(f"- {rule}" for rule in rules)])


@cache
def _parsed(manifest: Path) -> Mapping[str, Any]:
    return dict(json.loads(manifest.read_bytes()))


def _nodes(manifest: Path) -> Mapping[str, Node]:
    return {**_parsed(manifest)["nodes"], **_parsed(manifest)["sources"]}


def _of_layer(nodes: Mapping[str, Node], layer: str) -> Iterator[Node]:
    return (
        node
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed")
        and (node["config"].get("meta", {}).get("built_with") or node["config"]["schema"]) == layer
        and node["config"]["materialized"] != "ephemeral"
    )


def _asset_spec(node: Node, nodes: Mapping[str, Node], kinds: set[str]) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(
            name=column["name"], type=column.get("data_type") or "?", description=column["description"]
        )
        for column in node["columns"].values()
    ]
    return dg.AssetSpec(
        key=_key(node),
        deps=sorted(set(_built_from(node, nodes)), key=str),
        group_name=node["config"]["schema"],
        description=node["description"],
        kinds=kinds,
        code_version=node["checksum"]["checksum"],
        skippable=True,
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=columns),
            "dagster/table_name": f"{node['config']['schema']}.{node['name']}",
            "materialized": node["config"]["materialized"],
            **code_of(PROJECT_DIR / "dbt_project" / node["original_file_path"]),
        },
    )


def _built_from(node: Node, nodes: Mapping[str, Node]) -> Iterator[dg.AssetKey]:
    for unique_id in node["depends_on"].get("nodes", []):
        parent = nodes[unique_id]
        if parent["config"].get("materialized") == "ephemeral":
            yield from _built_from(parent, nodes)
        else:
            yield _key(parent)


def _key(node: Node) -> dg.AssetKey:
    """Named in Dagster as in dbt: schema.table."""
    is_source = node["resource_type"] == "source"
    return dg.AssetKey([node["source_name"] if is_source else node["config"]["schema"], node["name"]])
