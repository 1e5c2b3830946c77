"""Reads daily series from CSV files, on which the forecast's ranges are calibrated and measured.

Not here: the landing feeds, and what is done with the series.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ("series", "date", "value")


class SeriesError(ValueError):
    """A file has no valid daily series; the message names file, series and remedy."""


@dataclass(frozen=True)
class DailySeries:
    """One series without gaps.

    Attributes:
        name: unique over all files.
        group: series of one group are never split between folds; its own name if the file has no groups.
        family: kind of series; empty if the file has no such column.
        values: one for each day, 0 or more.
        first_day: day number of the first (since 1970-01-01).
    """

    name: str
    group: str
    family: str
    values: NDArray[np.float64]
    first_day: int = 0


def read_series(files: Iterable[Path]) -> list[DailySeries]:
    """Reads CSV files with the columns series, date, value, and optionally group and family.

    Raises:
        SeriesError: a file cannot be read, lacks a column, or a series has a gap, a repeated day or a value
            that is no number of 0 or more.
    """
    found: dict[str, DailySeries] = {}
    for file in files:
        try:
            texts = dict.fromkeys(["series", "group", "family"], "str")
            rows = pd.read_csv(file, dtype=texts, keep_default_na=False)
            missing = [name for name in COLUMNS if name not in rows]
        except (OSError, ValueError) as error:
            raise SeriesError(
                f"daily series must be a readable CSV file; {file} is not: {error}. Pass such a file."
            ) from None
        if missing:
            raise SeriesError(
                f"daily series need the columns {', '.join(COLUMNS)}; {file} lacks {missing[0]}. Add it."
            )
        if (rows["series"] == "").any():
            line = int((rows["series"] == "").to_numpy().argmax()) + 2
            raise SeriesError(
                f"every row must name its series; line {line} of {file} does not. Fill in the name."
            )
        for name, days in rows.groupby("series", sort=False):
            if str(name) in found:
                raise SeriesError(
                    f"a series must be in one file only; {name!r} of {file} is also in another. Rename one."
                )
            found[str(name)] = _series(str(name), days, file)
    return list(found.values())


def _series(name: str, rows: pd.DataFrame, file: Path) -> DailySeries:
    dates = pd.to_datetime(rows["date"], format="%Y-%m-%d", errors="coerce")
    values = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    is_wrong = dates.isna().to_numpy() | ~(np.isfinite(values) & (values >= 0))
    if is_wrong.any():
        row = rows.iloc[int(is_wrong.argmax())]
        raise SeriesError(
            f"a row needs a date (YYYY-MM-DD) and a value of 0 or more; series {name!r} of {file} has "
            f"{row['date']}, {row['value']}. Correct or remove the series."
        )
    steps = dates.diff().dt.days.to_numpy()[1:]
    if (steps != 1).any():
        day = dates.iloc[int((steps != 1).argmax()) + 1].date()
        raise SeriesError(
            f"a series must have every day once, in order; {name!r} of {file} does not at {day}. "
            "Write days without use as 0."
        )
    group, family = (str(rows[column].iloc[0]) if column in rows else "" for column in ("group", "family"))
    first_day = int(dates.iloc[0].to_datetime64().astype("datetime64[D]").astype(np.int64))
    return DailySeries(name, group or name, family, values, first_day)
