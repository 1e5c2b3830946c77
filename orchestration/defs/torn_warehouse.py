"""What is done when a step finds the working warehouse damaged: it is set aside, and rebuilt from raw.

How a damaged file is told from another failure is in warehouse/duckdb_warehouse.py.
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
    """Raise if a gate could not be evaluated because the warehouse is damaged, so that it is set aside."""
    for result in report.failed_critical:
        if says_torn(result.observed):
            raise TornWarehouse(result.observed)
