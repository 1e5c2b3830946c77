"""Inputs of the waste classifier and of suggestions, read from the working warehouse.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from forecasting.waste.cells import COUNTS, CREDITS, EARLY_REASONS, IDS
from forecasting.waste.evaluation import TRAINING_DAYS
from forecasting.waste.features import MAX_SETTLING_DAYS, Cases, Ints, LabelHistory
from forecasting.waste.savings import SAVING_DAYS
from forecasting.waste.scoring import COLUMNS
from forecasting.waste.suggestions import Terms
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

# whose labels are counted, and which are trained on; what is read at once
MAX_CASES = 2_000_000
CASES_AT_ONCE = 500_000
GENERATIONS_AT_ONCE = 1_000_000
_HASHES = 2**32  # of the first eight digits of an md5
_PRODUCT = "concat(workspace_id, ';', product_id)"
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Window:
    """The cases of the days that a run reads.

    Attributes:
        as_of: the last of them. days: how many.
        found: cases in them. first_day: of the first, counted from 1970; None without any.
    """

    as_of: date
    days: int
    found: int
    first_day: int | None

    @classmethod
    def of(cls, warehouse: Warehouse, *, as_of: date, days: int) -> Window:
        """Of a warehouse with facts."""
        # from the table under ml_waste_cases, since only keys are counted
        row = warehouse.query(
            "select count(*) as found, min(usage_date) as first_date from facts.int_generations_classified "
            f"where attempt_number is not null and usage_date > date '{as_of}' - {days}"
        ).iloc[0]
        found = int(row["found"])
        return cls(as_of, days, found, (row["first_date"].date() - _EPOCH).days if found else None)

    @property
    def counted(self) -> str:
        """SQL: whether the labels of a case are counted; of more than MAX_CASES, half of the products are,
        or a quarter, and so on, so that they stay the same while the cases become more."""
        return _part(0, 1, self._parts)

    @property
    def is_counted_whole(self) -> bool:
        """Whether those are all of its cases."""
        return self._parts == 1

    @property
    def _parts(self) -> int:
        parts = 1
        while self.found > parts * MAX_CASES:
            parts *= 2
        return parts


@dataclass(frozen=True)
class ReadCases:
    """Cases, and what their rows are called.

    Attributes:
        ids: row_id, workspace_id and usage_date of each.
        cases: what is known of them.
    """

    ids: pd.DataFrame
    cases: Cases

    @classmethod
    def read(cls, warehouse: Warehouse, condition: str) -> ReadCases:
        """The rows of facts.ml_waste_cases that meet a condition."""
        frame = warehouse.query(read_sql(__file__, "waste_cases", condition=condition))
        return cls(frame[["row_id", "workspace_id", "usage_date"]], Cases.from_frame(frame))

    def of_days(self, days: Ints) -> ReadCases:
        """Those of some days."""
        rows = np.flatnonzero(np.isin(self.cases.day, days))
        return ReadCases(self.ids.take(rows), self.cases.take(rows))


def training_cases(warehouse: Warehouse, window: Window) -> ReadCases:
    """The cases of the window; of more than MAX_CASES, those of some products only."""
    return ReadCases.read(warehouse, window.counted)


def labels_since(warehouse: Warehouse, window: Window, first_day: int) -> LabelHistory:
    """The labels settled on a day or later, of the cases that `training_cases` reads."""
    since = f"date '{_date(first_day)}'"
    condition = f"{window.counted} and (settled_on >= {since} or opposite_on >= {since})"
    return ReadCases.read(warehouse, condition).cases.history


def cases_of(warehouse: Warehouse, days: Ints, *, found: Ints) -> Iterator[ReadCases]:
    """The cases of some days, about CASES_AT_ONCE at a time.

    Args:
        days: local days, counted from 1970.
        found: how many cases each of them has.
    """
    part = np.cumsum(found) // CASES_AT_ONCE
    for number in range(int(part.max(initial=0)) + 1):
        yield ReadCases.read(warehouse, _on(days[part == number]))


def case_days(warehouse: Warehouse, window: Window, *, cut: int, detail_days: int) -> pd.DataFrame:
    """What the cases and labels of each day hash to, as `days_to_score` compares it.

    Args:
        cut: the day up to whose end a model is trained. detail_days: days that are scored.
    """
    days = warehouse.query(
        read_sql(
            __file__,
            "waste_days",
            last_day=window.as_of,
            cut=_date(cut),
            detail_days=detail_days,
            training_days=TRAINING_DAYS,
            max_settling_days=MAX_SETTLING_DAYS,
        )
    )
    return days.assign(day=(days["day"] - pd.Timestamp(_EPOCH)).dt.days)


def previous_case_days(warehouse: Warehouse) -> pd.DataFrame:
    """The same of the last run; no row if there was none."""
    if not warehouse.has_table("waste.case_days"):
        return pd.DataFrame(columns=COLUMNS)
    days = warehouse.query("select kind, day, found, hash from waste.case_days")
    return days.assign(day=(days["day"] - pd.Timestamp(_EPOCH)).dt.days)


def probabilities_of(warehouse: Warehouse, days: Ints) -> pd.DataFrame:
    """The probabilities that the last run gave to the cases of some days."""
    return warehouse.query(
        "select row_id, usage_date, model_used, cast(waste_probability as double) as waste_probability "
        f"from waste.probabilities where {_on(days)}"
    )


def registry_of(warehouse: Warehouse) -> pd.DataFrame:
    """The waste models registered by the last run; empty if there was none."""
    if not warehouse.has_table("waste.models"):
        return pd.DataFrame(columns=["model", "version", "hash"])
    return warehouse.query("select * from waste.models order by model, version")


def periods_of(warehouse: Warehouse) -> pd.DataFrame:
    """The published periods of each workspace: first and last day, counted from 1970."""
    periods = warehouse.query(
        "select workspace_id, period, window_start_date as first_day, window_end_date as last_day "
        "from dimensions.dim_periods"
    )
    epoch = pd.Timestamp(_EPOCH)
    return periods.assign(**{end: (periods[end] - epoch).dt.days for end in ("first_day", "last_day")})


def _on(days: Ints) -> str:
    dates = ", ".join(f"date '{_date(int(day))}'" for day in days)
    return f"usage_date in ({dates})" if dates else "false"


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def _part(first: int, last: int, parts: int, key: str = _PRODUCT) -> str:
    """SQL: whether the key is of the parts from `first` to before `last`, the same on every engine."""
    bounds = [f"md5({key}) >= '{first * _HASHES // parts:08x}'"] if first else []
    bounds += [f"md5({key}) < '{last * _HASHES // parts:08x}'"] if last < parts else []
    return " and ".join(bounds) or "true"


_IDS = ", ".join(IDS)
# decimals of single generations would be objects
_MEASURES = ", ".join([*COUNTS, *(f"cast({name} as double) as {name}" for name in CREDITS)])
_EARLY = ", ".join(f"'{reason}'" for reason in EARLY_REASONS)
_PEOPLE = "select workspace_id, member_id, member_name from dimensions.dim_members"
_TYPES = "select generation_type, generation_type_name from dimensions.dim_generation_types"
_BALANCE_STATE = read_sql(__file__, "balance_state")


def waste_generations(warehouse: Warehouse, terms: Terms) -> Iterator[pd.DataFrame]:
    """Generations of the evidence and what of them is wasted, with product and every column of a segment.

    About GENERATIONS_AT_ONCE; those of a workspace, which are compared with each other, together.
    """
    # from the table under the evidence, since they are only counted
    row = warehouse.query(
        "select count(*) as found from facts.int_generations_classified "
        f"where usage_date > date '{terms.as_of}' - {terms.days}"
    ).iloc[0]
    parts = int(row["found"]) // GENERATIONS_AT_ONCE + 1
    for part in range(parts):
        condition = _part(part, part + 1, parts, "workspace_id")
        yield warehouse.query(
            f"select product_id, {_IDS}, {_MEASURES} from ({_generations(terms)}) where {condition}"
        )


def evidence_of(warehouse: Warehouse, segments: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Exact counts and credits of each segment, and of the rest of its workspace."""
    return warehouse.query(
        read_sql(
            __file__,
            "suggestion_evidence",
            generations=_generations(terms),
            early_reasons=_EARLY,
        ),
        frames={"segments": segments},
    )


def _generations(terms: Terms) -> str:
    return read_sql(
        __file__,
        "waste_generations",
        early_reasons=_EARLY,
        last_day=terms.as_of,
        saving_days=SAVING_DAYS,
        **asdict(terms),
    )


def names_and_balances(warehouse: Warehouse) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Names of members and of generation types; the balance and the 30-day burn of each workspace."""
    return warehouse.query(_PEOPLE), warehouse.query(_TYPES), warehouse.query(_BALANCE_STATE)
