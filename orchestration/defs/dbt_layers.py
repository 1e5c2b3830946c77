"""raw -> staging -> dimensions -> facts, and facts -> marts: one set of dbt assets for each layer.

One definition per layer, so that a failed gate on one layer stops the next. What a model means does not
belong here: that is dbt_project/.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg

from orchestration.defs.dbt_specs import CHECKS, TESTS, asset_specs, check_specs
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.landing.contract import FEEDS
from orchestration.publish.versions.history import read_run_state
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtFailed, DbtProject, NodeResult, raise_failures
from orchestration.warehouse.dbt_changes import Changes, tables_without_new_rows
from orchestration.warehouse.journal import CheckRow, Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import RunState, begin_once, variables

LAYERS = ("staging", "dimensions", "facts", "marts")


def dbt_layer(layer: str, *, manifest: Path) -> dg.AssetsDefinition:
    """The models, seeds and data tests of one schema, as one step."""

    @dg.multi_asset(
        name=layer,
        description=f"Build the dbt models of the layer {layer}, and run their dbt tests.",
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
        begin_once(warehouse, run_state)  # where this layer is built on its own
        dbt_variables = variables(
            warehouse,
            run_state,
            served=served,
            tag_keys=settings.tag_keys,
            month_closes_on=settings.month_closes_on,
        )
        unchanged = unchanged_models(
            layer, dbt, warehouse, dbt_variables, run_state, has_new_tables=run.has_new_tables
        )
        is_rebuilt = dbt_variables["since_batch"] is None
        with warehouse.building():
            results = dbt.build(
                layer, variables=dbt_variables, is_rebuilt=is_rebuilt, unchanged=sorted(unchanged)
            )
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
            built = {result.table: result for result in results if result.kind != "test" and result.passed}
            for asset_key in TopologicalSorter(context.assets_def.asset_deps).static_order():
                table = ".".join(asset_key.path)
                if table in built:
                    counted = {"dagster/row_count": rows[table]} if table in rows else {}
                    metadata = {**counted, "seconds": built[table].seconds}
                    yield dg.MaterializeResult(asset_key=asset_key, metadata=metadata)
                elif asset_key in context.selected_asset_keys and asset_key.path[-1] in unchanged:
                    yield dg.MaterializeResult(asset_key=asset_key, metadata={"unchanged": True})
            yield from checked(results, {key.asset_key for key in context.selected_asset_check_keys})
            _stop_at(layer, results)
            tests = sum(result.kind == "test" for result in results)
            context.log.info(f"{layer}: {len(built)} models built, {tests} tests passed")

    return build


def _stop_at(layer: str, results: Sequence[NodeResult]) -> None:
    """Fail the step with what dbt found as the first line, not as the cause of another error."""
    try:
        raise_failures(layer, results)
    except DbtFailed as error:
        raise dg.Failure(str(error)) from error


def unchanged_models(
    layer: str,
    dbt: DbtProject,
    warehouse: Warehouse,
    dbt_variables: Mapping[str, object],
    run_state: RunState,
    *,
    has_new_tables: bool = False,
) -> set[str]:
    """The models and seeds of a layer that are only tested, since nothing they depend on is new."""
    since_batch = dbt_variables["since_batch"]
    if not isinstance(since_batch, int):
        return set()
    is_same_day = dbt_variables["known_from"] == dbt_variables["known_to"]
    if since_batch == run_state.batch_id and is_same_day and not has_new_tables:
        return dbt.relations(layer)
    old_tables = tables_without_new_rows(warehouse, FEEDS, since_batch=since_batch)
    return Changes(dbt.manifest, dbt_variables, old_tables=old_tables).unchanged(layer)


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
                description=f"{sum(test.passed for test in of_model)} of {len(of_model)} dbt tests passed",
                metadata={CHECKS: len(of_model), **{test.name: _said(test) for test in of_model}},
            )


def _said(test: NodeResult) -> str:
    return f"{'passed' if test.passed else 'failed'}: {test.description} {test.found}."


def _as_check_row(layer: str, test: NodeResult) -> CheckRow:
    return CheckRow(
        layer=layer,
        asset=test.table,
        check_name=test.name,
        severity="critical",
        passed=test.passed,
        observed=test.found,
        expected=test.description or "0 failing rows",
        message="" if test.passed else f"the dbt test {test.name} found {test.found}",
    )
