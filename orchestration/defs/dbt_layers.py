"""raw -> staging -> dimensions -> facts, and facts -> marts: one set of dbt assets for each layer.

One definition per layer, so that a failed gate on one layer stops the next. What a model means does not
belong here: that is dbt_project/.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource, dbt_assets

from orchestration.defs.raw import OWNERS
from orchestration.defs.resources import Night
from orchestration.settings import Settings
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.journal import CheckRow, Journal

LAYERS = ("staging", "dimensions", "facts", "marts")


class LayerTranslator(DagsterDbtTranslator):
    """Names and describes a dbt model in Dagster as dbt does: schema.table, and its description only."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["fqn"][1], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return str(dbt_resource_props["source_name"])
        return str(dbt_resource_props["fqn"][1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["description"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS


def dbt_layer(layer: str, *, manifest: Path) -> dg.AssetsDefinition:
    """The models and data tests of one folder of models/, as one step."""

    @dbt_assets(
        manifest=manifest,
        select=f"fqn:credits.{layer}",
        name=layer,
        dagster_dbt_translator=LayerTranslator(),
    )
    def build(
        context: dg.AssetExecutionContext,
        night: Night,
        dbt: DbtCliResource,
        warehouse: dg.ResourceParam[DuckDBWarehouse],
        journal: dg.ResourceParam[Journal],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Any]:
        variables = json.dumps({"as_of": str(night.as_of_date(warehouse))})
        command = ["build", "--vars", variables, "--exclude-resource-type", "unit_test"]
        # a test that also looks at a later layer belongs to that layer
        command += ["--indirect-selection", "buildable"]
        if night.full_refresh:
            command.append("--full-refresh")
        # one target folder for all layers: the first one parses for this as_of, the others reuse that
        invocation = dbt.cli(command, context=context, target_path=settings.data_dir / "dbt")
        try:
            events = list(invocation.stream())
        finally:
            journal.record_checks(
                _test_results(invocation, layer),
                run_id=context.run_id,
                part=f"{layer}-dbt",
                checked_at=datetime.now(UTC).replace(tzinfo=None),
            )
        rows = warehouse.row_counts([".".join(key.path) for key in context.selected_asset_keys])
        for event in events:
            if isinstance(event, dg.Output | dg.AssetMaterialization):
                key = (
                    context.asset_key_for_output(event.output_name)
                    if isinstance(event, dg.Output)
                    else event.asset_key
                )
                event = event.with_metadata({**event.metadata, "dagster/row_count": rows[".".join(key.path)]})
            yield event

    return build


def _test_results(invocation: DbtCliInvocation, layer: str) -> list[CheckRow]:
    """The data tests of a dbt invocation as check results; none if dbt did not get that far."""
    try:
        results = invocation.get_artifact("run_results.json")["results"]
        nodes = invocation.get_artifact("manifest.json")["nodes"]
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    found = []
    for result in results:
        node = nodes.get(result["unique_id"], {})
        if node.get("resource_type") != "test":
            continue
        tested = nodes.get(node.get("attached_node"), {})
        failing_rows = result.get("failures")
        found.append(
            CheckRow(
                layer=layer,
                asset=f"{tested.get('schema', layer)}.{tested.get('name', '')}",
                check_name=node["name"],
                severity="critical",
                passed=result["status"] == "pass",
                observed=f"{failing_rows} failing rows" if failing_rows is not None else result["status"],
                expected="0 failing rows",
                message=result.get("message") or "",
            )
        )
    return found
