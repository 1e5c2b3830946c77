"""Daily series from CSV files: what the forecast's ranges are calibrated on and measured with.

Not here: the landing feeds (reader.py), or what is done with the series.
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
    """A file holds no usable daily series; the message says which, where, and what to do."""


@dataclass(frozen=True)
class DailySeries:
    """One series without gaps.

    Attributes:
        name: of the series, unique over the files.
        group: what belongs together when series are split; its own name if the file has no groups.
        family: what kind it is; empty if the file does not say.
        values: one for each day, 0 or more.
    """

    name: str
    group: str
    family: str
    values: NDArray[np.float64]


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
                f"daily series are read from CSV files; {file} cannot be: {error}. Give a file that is one."
            ) from None
        if missing:
            raise SeriesError(
                f"daily series have the columns {', '.join(COLUMNS)}; {file} lacks {missing[0]}. Add it."
            )
        if (rows["series"] == "").any():
            line = int((rows["series"] == "").to_numpy().argmax()) + 2
            raise SeriesError(f"every day is of a named series; line {line} of {file} names none. Name it.")
        for name, days in rows.groupby("series", sort=False):
            if str(name) in found:
                raise SeriesError(f"a series is in one file; {name!r} of {file} came before. Rename one.")
            found[str(name)] = _series(str(name), days, file)
    return list(found.values())


def _series(name: str, rows: pd.DataFrame, file: Path) -> DailySeries:
    dates = pd.to_datetime(rows["date"], format="%Y-%m-%d", errors="coerce")
    values = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    is_wrong = dates.isna().to_numpy() | ~(np.isfinite(values) & (values >= 0))
    if is_wrong.any():
        row = rows.iloc[int(is_wrong.argmax())]
        raise SeriesError(
            f"a day has a date (YYYY-MM-DD) and a value of 0 or more; series {name!r} of {file} has "
            f"{row['date']}, {row['value']}. Correct or leave out the series."
        )
    steps = dates.diff().dt.days.to_numpy()[1:]
    if (steps != 1).any():
        day = dates.iloc[int((steps != 1).argmax()) + 1].date()
        raise SeriesError(
            f"a series has every day once, in order; {name!r} of {file} does not at {day}. "
            "Write days without use as 0."
        )
    group, family = (str(rows[column].iloc[0]) if column in rows else "" for column in ("group", "family"))
    return DailySeries(name, group or name, family, values)
