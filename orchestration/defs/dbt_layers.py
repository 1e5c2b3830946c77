"""raw -> staging -> dimensions -> facts, and facts -> marts: one set of dbt assets for each layer.

One definition per layer, so that a failed gate on one layer stops the next. What a model means does not
belong here: that is dbt_project/.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg

from orchestration.defs.dbt_specs import TESTS, asset_specs, check_specs
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.publish.versions.history import read_run_state
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import Command, DbtProject, NodeResult, raise_failures
from orchestration.warehouse.journal import CheckRow, Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import RunState, variables

LAYERS = ("staging", "dimensions", "facts", "marts")


def dbt_layer(layer: str, *, manifest: Path) -> dg.AssetsDefinition:
    """The models, seeds and data tests of one schema, as one step."""

    @dg.multi_asset(
        name=layer,
        specs=asset_specs(manifest, layer),
        check_specs=check_specs(manifest, layer),
        can_subset=True,
    )
    def build(
        context: dg.AssetExecutionContext,
        run: RunContext,
        dbt: dg.ResourceParam[DbtProject],
        warehouse: dg.ResourceParam[Warehouse],
        journal: dg.ResourceParam[Journal],
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        run_state = run.run_state(warehouse, lake, settings)
        served = read_run_state(settings.published_dir)
        dbt_variables = variables(warehouse, run_state, served=served, tag_keys=settings.tag_keys)
        with warehouse.building():
            results = dbt.build(layer, variables=dbt_variables, command=command_for(dbt_variables, run_state))
            journal.record_checks(
                [_as_check_row(layer, result) for result in results if result.kind == "test"],
                run_id=context.run_id,
                part=f"{layer}-dbt",
                checked_at=datetime.now(UTC).replace(tzinfo=None),
            )
            # counting the rows of a view would read all of history
            rows = warehouse.row_counts(
                [built.table for built in results if built.kind == "table" and built.passed]
            )
            for built in (result for result in results if result.kind != "test" and result.passed):
                counted = {"dagster/row_count": rows[built.table]} if built.table in rows else {}
                yield dg.MaterializeResult(
                    asset_key=built.table.split("."), metadata={**counted, "seconds": built.seconds}
                )
            if command_for(dbt_variables, run_state) == "test":
                depends = context.assets_def.asset_deps
                for asset_key in TopologicalSorter(depends).static_order():
                    if asset_key in context.selected_asset_keys:
                        yield dg.MaterializeResult(asset_key=asset_key, metadata={"unchanged": True})
            yield from checked(results, {key.asset_key for key in context.selected_asset_check_keys})
            raise_failures(layer, results)
            tests = sum(result.kind == "test" for result in results)
            context.log.info(f"{layer}: {len(results) - tests} models built, {tests} tests passed")

    return build


def command_for(dbt_variables: Mapping[str, object], run_state: RunState) -> Command:
    """Rebuild everything, build what deliveries and time may have changed, or only run the tests."""
    since_batch = dbt_variables["since_batch"]
    if since_batch is None:
        return "rebuild"
    is_same_day = dbt_variables["known_from"] == dbt_variables["known_to"]
    is_unchanged = since_batch == run_state.batch_id and is_same_day
    return "test" if is_unchanged else "build"


def checked(results: Sequence[NodeResult], asset_keys: Set[dg.AssetKey]) -> Iterator[dg.AssetCheckResult]:
    """One result for each model: its tests, and what they found."""
    tests: dict[dg.AssetKey, list[NodeResult]] = {}
    for result in results:
        if result.kind == "test":
            tests.setdefault(dg.AssetKey(result.table.split(".")), []).append(result)
    for asset_key, of_model in tests.items():
        if asset_key in asset_keys:
            yield dg.AssetCheckResult(
                asset_key=asset_key,
                check_name=TESTS,
                passed=all(test.passed for test in of_model),
                metadata={test.name: test.found for test in of_model},
            )


def _as_check_row(layer: str, test: NodeResult) -> CheckRow:
    return CheckRow(
        layer=layer,
        asset=test.table,
        check_name=test.name,
        severity="critical",
        passed=test.passed,
        observed=test.found,
        expected="0 failing rows",
        message="" if test.passed else f"the dbt test {test.name} found {test.found}",
    )
