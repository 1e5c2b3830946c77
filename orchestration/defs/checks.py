"""The gates between the steps, as blocking checks: a critical failure stops everything that follows.

What is expected does not belong here: that is expectations/suites/.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from expectations.runner import CheckResult, GateReport, run_gates
from expectations.suites.by_layer import GATES
from orchestration.defs.dbt_specs import CHECKS, described
from orchestration.defs.resources import RunContext
from orchestration.defs.torn_warehouse import refuse_torn
from orchestration.warehouse.journal import CheckRow, Journal
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import complete_batch

EXPECTATIONS = "expectations_hold"


def layer_gate(layer: str) -> dg.AssetChecksDefinition:
    """One check for each gated table of a layer, all run in one step."""
    rules: dict[str, list[str]] = {}
    for table in GATES[layer]:
        rules.setdefault(table.asset, []).extend(
            f"{check.name} ({check.severity}): {check.rule}" for check in table.checks
        )
    assets = list(rules)

    @dg.multi_asset_check(
        name=f"{layer}_gate",
        specs=[
            dg.AssetCheckSpec(
                name=EXPECTATIONS,
                asset=asset.split("."),
                blocking=True,
                description=described(
                    f"What must be true of {asset}; where it is critical, the run stops if it is not:",
                    rules[asset],
                ),
            )
            for asset in assets
        ],
        description=f"Everything that is expected of the layer {layer}; what follows waits for it.",
    )
    def gate(
        context: dg.AssetCheckExecutionContext,
        run: RunContext,
        warehouse: dg.ResourceParam[Warehouse],
        journal: dg.ResourceParam[Journal],
    ) -> Iterator[dg.AssetCheckResult]:
        warehouse.keep_open()
        report = run_gates(
            layer,
            query=warehouse.query,
            as_of=run.as_of_date(warehouse),
            since_batch=complete_batch(warehouse),
        )
        refuse_torn(report)
        journal.record_checks(
            [CheckRow(layer=layer, **{k: getattr(result, k) for k in _SHARED}) for result in report.results],
            run_id=context.run.run_id,
            part=f"{layer}-gate",
            checked_at=datetime.now(UTC).replace(tzinfo=None),
        )
        failed = [f"{result.asset} {result.check_name}" for result in report.results if not result.passed]
        passed = len(report.results) - len(failed)
        listed = f"; failed: {', '.join(failed)}" if failed else ""
        context.log.info(f"{layer} gate: {passed} of {len(report.results)} expectations passed{listed}")
        for asset in assets:
            yield _as_dagster(asset, [result for result in report.results if result.asset == asset])
        stop_at(report)

    return gate


def stop_at(report: GateReport) -> None:
    """Fail the step where a critical check failed: its first line in the UI is the first reason.

    Dagster's own error would only count the checks.
    """
    failed = report.failed_critical
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise dg.Failure(f"{failed[0].asset} {failed[0].check_name}: {failed[0].message}{more}")


_SHARED = ("asset", "check_name", "severity", "passed", "observed", "expected", "message")


def _as_dagster(asset: str, results: list[CheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.passed]
    is_critical = any(result.severity == "critical" for result in failed)
    return dg.AssetCheckResult(
        asset_key=asset.split("."),
        check_name=EXPECTATIONS,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{result.severity}: {result.message}" for result in failed)
        or f"{len(results)} of {len(results)} expectations hold",
        metadata={
            CHECKS: len(results),
            **{
                result.check_name: ("holds: " if result.passed else f"{result.severity}, failed: ")
                + (result.expected if result.passed else result.message)
                for result in results
            },
        },
    )
