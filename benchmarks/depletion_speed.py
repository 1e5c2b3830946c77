"""10,000 workspaces of 180 days: seconds to read, forecast and write, compared with the pace date in SQL.

The floor is the user's rule in SQL, on the same tables in the same run. Not here: accuracy.
"""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from forecasting.depletion.forecast import CreditHistory, Method, forecast_depletion
from forecasting.ledger import draw_down

WORKSPACES, DAYS = 10_000, 180
AS_OF = date(2026, 4, 7)
FLOOR = """
    create or replace table floor as
    select
        balances.workspace_id,
        date '{as_of}'
            + cast(ceil(any_value(balances.closing_micro) * 7 / sum(usage.credits_micro)) as integer)
            as pace_date
    from balances
    inner join usage on balances.workspace_id = usage.workspace_id
    where balances.usage_date = date '{as_of}' and usage.usage_date > date '{as_of}' - 7
    group by balances.workspace_id
"""


def generate() -> dict[str, pd.DataFrame]:
    """Bursty usage with days off, and four lots a workspace, two of which expire."""
    rng = np.random.default_rng(0)
    names = np.array([f"w{number:05d}" for number in range(WORKSPACES)])
    first = np.datetime64(AS_OF) - DAYS + 1
    used = np.floor(rng.gamma(1, 50, (WORKSPACES, DAYS)) * (rng.random((WORKSPACES, DAYS)) < 0.6) * 1e6)
    workspace, day = np.nonzero(used)
    usage = pd.DataFrame(
        {
            "workspace_id": names[workspace],
            "usage_date": (first + day).astype("datetime64[us]"),
            "credits_micro": used[workspace, day].astype(np.int64),
        }
    )
    lots = []
    for number in range(4):
        begins = (first + number * DAYS // 4).astype("datetime64[us]")
        expires = begins + np.timedelta64(DAYS, "D") if number % 2 else np.datetime64("NaT", "us")
        times = {"occurred": begins, "effective": begins, "expires": expires, "related": np.datetime64("NaT")}
        lots.append(
            pd.DataFrame(
                {
                    **{"workspace_id": names, "entry_id": f"l{number}", "lot_id": f"l{number}"},
                    **{"entry_type": "purchase", "priority": 10},
                    "credits_micro": (DAYS / 4 * 30e6 * rng.uniform(1, 2, WORKSPACES)).astype(np.int64),
                    **{f"{name}_{end}": value for name, value in times.items() for end in ("at", "on")},
                }
            )
        )
    ledger = draw_down(pd.concat(lots, ignore_index=True), usage, as_of=AS_OF)
    workspaces = pd.DataFrame({"workspace_id": names, "lead_time_days": 3})
    return {"balances": ledger.balance_daily, "lots": ledger.lots, "usage": usage, "workspaces": workspaces}


def measure_speed() -> pd.Series:
    """Seconds of each part, their sum as a multiple of the floor, and the peak memory of the process."""
    frames = generate()
    method = Method.default()
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(str(Path(folder) / "speed.duckdb")) as connection,
    ):
        for name, frame in frames.items():
            connection.register("frame", frame)
            connection.execute(f"create table {name} as select * from frame")
        del frames, frame
        times = [time.perf_counter()]
        read = {
            name: connection.sql(f"select * from {name}").to_arrow_table().to_pandas()
            for name in ("balances", "lots", "usage", "workspaces")
        }
        times.append(time.perf_counter())
        forecast = forecast_depletion(CreditHistory(**read), as_of=AS_OF, method=method)
        times.append(time.perf_counter())
        for name in ("dates", "paths"):
            connection.register("frame", getattr(forecast, name))
            connection.execute(f"create table {name} as select * from frame")
        times.append(time.perf_counter())
        connection.execute(FLOOR.format(as_of=AS_OF))
        times.append(time.perf_counter())
    reading, making, writing, floor = np.diff(times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return pd.Series(
        {
            "read, s": reading,
            "forecast, s": making,
            "write, s": writing,
            "together, s": reading + making + writing,
            "pace date in SQL, s": floor,
            "together / pace date in SQL": (reading + making + writing) / floor,
            "peak memory, GB (with the generated data)": peak,
        },
        name=f"{WORKSPACES:,} workspaces x {DAYS} days",
    ).round(2)
