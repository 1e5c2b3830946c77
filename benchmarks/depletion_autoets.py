"""Point forecasts of AutoETS for the depletion benchmark, written to a file: `make autoets`.

Run in an environment of its own: statsforecast cannot be installed together with the pandas of the project.
It does not need the project either. The file is read by depletion_methods.py.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast.models import AutoETS

FIRST_DAYS, HORIZON_DAYS, HISTORY_DAYS, WEEK_DAYS = 28, 90, 365, 7


def forecasts(rows: pd.DataFrame, *, every: int) -> pd.DataFrame:
    """The 90 days after every so many days of each series: series, history_days, day_1 to day_90.

    Args:
        rows: series, value; the days of each series in order.
        every: days between two origins; a multiple of the benchmark's, or no case matches.
    """
    found = []
    for name, part in rows.groupby("series", sort=False):
        values = part["value"].to_numpy(dtype=float)
        for day in range(FIRST_DAYS, len(values) - HORIZON_DAYS + 1, every):
            past = values[max(day - HISTORY_DAYS, 0) : day]
            predicted = AutoETS(season_length=WEEK_DAYS).forecast(y=past, h=HORIZON_DAYS)["mean"]
            found.append((name, day, *np.maximum(predicted, 0).round(4)))
        print(name, flush=True)
    days = [f"day_{day}" for day in range(1, HORIZON_DAYS + 1)]
    return pd.DataFrame(found, columns=["series", "history_days", *days])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=Path, action="append", required=True, help="CSV: series, value")
    parser.add_argument("--every", type=int, default=30, help="days between two origins [30]")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write")
    options = parser.parse_args()
    rows = pd.concat([pd.read_csv(file) for file in options.series])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    forecasts(rows, every=options.every).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
