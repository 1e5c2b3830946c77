"""How the forecast's frames become tables."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
from support.depletion_rows import bought, history, pack, predict, steady, usage

from orchestration.defs.forecast import _FORECAST, _PATHS
from orchestration.warehouse.duckdb import DuckDBWarehouse


def test_prices_and_credits_of_any_size_are_written_exactly(tmp_path: Path) -> None:
    """DuckDB inferred the type of prices from the first one: a larger one later failed the run."""
    small, large = (
        predict(history(usage(steady()), [bought(900)], packs=[pack("p", 1_000, price)])).dates
        for price in ("0.5", "99999999999.000000000001")
    )
    dates = pd.concat([small] * 1_999 + [large], ignore_index=True)
    dates = dates.assign(workspace_id=[f"w{number}" for number in range(2_000)])
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    assert warehouse.replace("forecast.credit_depletion", dates, select=_FORECAST) == 2_000
    found = warehouse.fetch(
        "select packs_price, credits_remaining from forecast.credit_depletion "
        "where workspace_id in ('w0', 'w1999') order by workspace_id"
    )
    assert found == [
        (Decimal("0.500000000000"), Decimal("300.000000")),
        (Decimal("99999999999.000000000001"), Decimal("300.000000")),
    ]


def test_a_run_without_any_forecast_still_has_its_tables(tmp_path: Path) -> None:
    nothing = history(usage({}), []).for_workspace("nobody")
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    assert warehouse.replace("forecast.credit_depletion", predict(nothing).dates, select=_FORECAST) == 0
    assert warehouse.replace("forecast.depletion_paths", predict(nothing).paths, select=_PATHS) == 0
