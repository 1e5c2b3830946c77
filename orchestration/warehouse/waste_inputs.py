"""Inputs of the waste classifier and of suggestions, read from the working warehouse.

Not Dagster, and no arithmetic: that is forecasting/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.waste.features import Cases, Ints
from forecasting.waste.savings import SAVING_DAYS
from forecasting.waste.segments import EARLY_REASONS
from forecasting.waste.suggestions import Terms
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

# whose labels are counted, and which are trained on; all that are read at once
MAX_CASES = 2_000_000
AT_ONCE = 1_000_000
_HASHES = 2**32  # of the first eight digits of an md5
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class ReadCases:
    """Cases, and what their rows are called.

    Attributes:
        ids: row_id and workspace_id of each.
        cases: what is known of them.
        is_whole: whether these are all that were asked for.
    """

    ids: pd.DataFrame
    cases: Cases
    is_whole: bool

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, is_whole: bool) -> ReadCases:
        """Of a frame of facts.ml_waste_cases."""
        return cls(frame[["row_id", "workspace_id"]], Cases.from_frame(frame), is_whole)

    def take(self, rows: Ints) -> ReadCases:
        """Some of the cases."""
        return ReadCases(self.ids.take(rows), self.cases.take(rows), is_whole=False)


def training_cases(warehouse: Warehouse, *, as_of: date, days: int) -> ReadCases:
    """The cases of the last days, in a stable order; of more than MAX_CASES, those of some products only."""
    found = _count(warehouse, as_of=as_of, days=days)
    condition = _part(0, MAX_CASES, max(found, MAX_CASES))
    return ReadCases.from_frame(warehouse.query(_cases(condition)), is_whole=found <= MAX_CASES)


def cases_to_score(
    warehouse: Warehouse, training: ReadCases, *, as_of: date, days: int
) -> Iterator[ReadCases]:
    """The cases of the last days, about AT_ONCE at a time; those of `training` if it has them all."""
    if training.is_whole:
        recent = np.flatnonzero(training.cases.day > (as_of - _EPOCH).days - days)
        for start in range(0, max(len(recent), 1), AT_ONCE):
            yield training.take(recent[start : start + AT_ONCE])
        return
    parts = _count(warehouse, as_of=as_of, days=days) // AT_ONCE + 1
    for part in range(parts):
        condition = f"{_since(as_of, days)} and {_part(part, part + 1, parts)}"
        yield ReadCases.from_frame(warehouse.query(_cases(condition)), is_whole=False)


def registry_of(warehouse: Warehouse) -> pd.DataFrame:
    """The waste models registered by the last run; empty if there was none."""
    if not warehouse.has_table("waste.models"):
        return pd.DataFrame(columns=["model", "version", "hash"])
    return warehouse.query("select * from waste.models order by model, version")


def _cases(condition: str) -> str:
    return read_sql(__file__, "waste_cases", condition=condition)


def _count(warehouse: Warehouse, *, as_of: date, days: int) -> int:
    # from the table under ml_waste_cases: the view would find all neighbours
    counted = f"""
        select count(*) as found from facts.int_generations_classified
        where attempt_number is not null and {_since(as_of, days)}
    """
    return int(warehouse.query(counted)["found"][0])


def _since(as_of: date, days: int) -> str:
    return f"usage_date > date '{as_of}' - {days}"


def _part(first: int, last: int, parts: int) -> str:
    """SQL: whether a product is of the parts from `first` to before `last`, the same on every engine."""
    key = "md5(concat(workspace_id, ';', product_id))"
    bounds = [f"{key} >= '{first * _HASHES // parts:08x}'"] if first else []
    bounds += [f"{key} < '{last * _HASHES // parts:08x}'"] if last < parts else []
    return " and ".join(bounds) or "true"


_SEGMENT_IDS = "workspace_id, generation_type, product_category, ruleset_id, template_id, member_id"
_CELL_IDS = f"product_id, {_SEGMENT_IDS}"
_PEOPLE = "select workspace_id, member_id, member_name from dimensions.dim_members"
_TYPES = "select generation_type, generation_type_name from dimensions.dim_generation_types"
_BALANCE_STATE = read_sql(__file__, "balance_state")


def waste_cells(warehouse: Warehouse, terms: Terms) -> pd.DataFrame:
    """Generations and waste by product and every column of a segment."""
    return warehouse.query(read_sql(__file__, "waste_cells", counted=_counted(terms, _CELL_IDS, "true")))


def evidence_of(warehouse: Warehouse, segments: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Exact counts and credits of each segment, and of the rest of its workspace."""
    counted = _counted(terms, _SEGMENT_IDS, "workspace_id in (select workspace_id from segments)")
    early = ", ".join(f"'{reason}'" for reason in EARLY_REASONS)
    return warehouse.query(
        read_sql(__file__, "suggestion_evidence", counted=counted, early_reasons=early),
        frames={"segments": segments},
    )


def _counted(terms: Terms, ids: str, condition: str) -> str:
    return read_sql(
        __file__,
        "waste_counts",
        ids=ids,
        condition=condition,
        last_day=terms.as_of,
        saving_days=SAVING_DAYS,
        **asdict(terms),
    )


def names_and_balances(warehouse: Warehouse) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Names of members and of generation types; the balance and the 30-day burn of each workspace."""
    return warehouse.query(_PEOPLE), warehouse.query(_TYPES), warehouse.query(_BALANCE_STATE)
