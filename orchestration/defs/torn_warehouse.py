"""Sets a damaged working warehouse aside, so that the next run rebuilds it from raw.

How damage is distinguished from other failures is in warehouse/duckdb.py.
"""

import dagster as dg

from expectations.runner import GateReport
from orchestration.warehouse.duckdb import DuckDBWarehouse, says_torn


class TornWarehouse(RuntimeError):
    """Pages of the working warehouse do not match their checksums."""


@dg.failure_hook(name="set_torn_warehouse_aside", required_resource_keys={"warehouse"})
def set_torn_warehouse_aside(context: dg.HookContext) -> None:
    """Moves a warehouse whose pages do not match their checksums out of the way of the next run."""
    error: BaseException | None = context.op_exception
    while error is not None and not says_torn(str(error)):
        error = error.__cause__ or error.__context__
    warehouse: DuckDBWarehouse = context.resources.warehouse
    if error is not None and (aside := warehouse.set_aside()):
        context.log.warning(f"the working warehouse is damaged; it is now {aside} and is rebuilt from raw")


def refuse_torn(report: GateReport) -> None:
    """Raise if a gate could not be evaluated because of a damaged warehouse, so that it is set aside."""
    for result in report.failed_critical:
        if says_torn(result.observed):
            raise TornWarehouse(result.observed)
