"""The working warehouse, locked while a command forecasts from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.cli.options import EXIT_BUSY, EXIT_USAGE, fail, use_settings
from orchestration.runs.lock import DataDirectoryLocked, lock

if TYPE_CHECKING:
    from forecasting.depletion.forecast import Method
    from orchestration.warehouse.protocol import Warehouse


@contextmanager
def locked_warehouse(data_dir: Path | None) -> Iterator[tuple[Warehouse, date, Method]]:
    """The working warehouse, locked against runs, the day of its forecast and the forecast's method."""
    from orchestration.runs.warehouse_factory import open_dbt, open_warehouse
    from orchestration.warehouse.duckdb import is_locked
    from orchestration.warehouse.forecast_inputs import forecast_as_of, method_of
    from orchestration.warehouse.protocol import WarehouseError

    settings = use_settings(data_dir=data_dir)
    warehouse = open_warehouse(settings)
    try:
        if settings.target == "duckdb" and not settings.warehouse_path.exists():
            fail(f"{settings.data_dir} holds no warehouse; run credits run first", EXIT_USAGE)
        with lock(settings.data_dir):
            as_of = forecast_as_of(warehouse)
            if as_of is None:
                fail(f"{settings.data_dir} holds no forecast; run credits run first", EXIT_USAGE)
            variables = open_dbt(settings).variables
            yield warehouse, as_of, method_of(warehouse, variables)
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except WarehouseError as error:
        fail(str(error))
    except duckdb.Error as error:
        path, reason = settings.warehouse_path, str(error).splitlines()[0]
        if is_locked(error):
            fail(
                f"another program has {path} open: {reason}. Close it, and let it read "
                f"{settings.published_dir}, which never blocks a run.",
                EXIT_BUSY,
            )
        fail(f"{path} cannot be read: {reason}. Rebuild it with credits rebuild.")
