"""What is known of a generation right after it was made, and since when it was known.

Not here: how waste is predicted from it (baseline.py, hazards.py), or what counts as waste (dbt facts).

A case is a succeeded generation. Frames of cases have the columns of facts.ml_waste_cases. Times are local
times of the workspace in microseconds; days are counted from 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
# a rate is that of the labels of so many days: older ones say little about today
RATE_DAYS = 28
# a label that came later is not counted: so no rate depends on how far back the cases go
MAX_SETTLING_DAYS = 60
MAX_ATTEMPT = 3
UNKNOWN_DAY = 2**31
# Groups inside a workspace whose past labels are counted; () is the workspace itself.
GROUPS: dict[str, tuple[str, ...]] = {
    "workspace": (),
    "type": ("generation_type",),
    "category": ("product_category",),
    "ruleset": ("ruleset_id",),
    "template": ("template_id",),
    "model": ("model",),
    "member": ("member_id",),
    "type_category": ("generation_type", "product_category"),
    "type_attempt": ("generation_type", "attempt"),
    "ruleset_attempt": ("ruleset_id", "generation_type", "attempt"),
}
# more days than there are up to the year 5000, the first of them so early that the RATE_DAYS before any date
# are days of the same group
_DAYS = 2**21
_FIRST_DAY = -(2**20)
_TIMES = ("made_us", "known_day", "settled_day", "settled_hours", "opposite_day", "opposite_hours")


class LeakageError(ValueError):
    """A value is used before it was known."""


@dataclass(frozen=True)
class Cases:
    """Cases as arrays, in the order of their frame, which nothing that is trained depends on.

    Attributes:
        made_us: local time of the generation.
        day: its local day.
        groups: for each kind of group, a hash of the group each case belongs to.
        is_wasted: the label; False where it is not known.
        is_pending: whether its disposition still depends on an outcome.
        known_day: the local day by whose end all was known that the label depends on; UNKNOWN_DAY if it is
            not known yet.
        settled_day: the local day by whose end the label was what it is; UNKNOWN_DAY if there is none.
        settled_hours: from the generation to what settled its disposition; infinity if nothing did.
        opposite_day: the local day since which the opposite label was known, until the day before
            settled_day; UNKNOWN_DAY if it never was.
        opposite_hours: from the generation to what had settled it so; infinity if nothing had.
        credits: charged.
        product: a hash of workspace and product.
        events: what the event itself says, one column for each of EVENT_FEATURES.
    """

    made_us: Ints
    day: Ints
    groups: Mapping[str, NDArray[np.uint64]]
    is_wasted: Bools
    is_pending: Bools
    known_day: Ints
    settled_day: Ints
    settled_hours: Floats
    opposite_day: Ints
    opposite_hours: Floats
    credits: Floats
    product: NDArray[np.uint64]
    events: Mapping[str, Floats]

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Cases:
        """The cases of a frame of facts.ml_waste_cases."""
        made_us = frame["made_us"].to_numpy(dtype=np.int64)
        day = _days(frame["usage_date"])
        known_day = _days(frame["known_on"])
        attempt = frame["attempt_number"].to_numpy(dtype=np.int64)
        hashes = {
            name: _hashed(frame[name])
            for name in (
                "generation_type",
                "product_category",
                "ruleset_id",
                "template_id",
                "model",
                "member_id",
            )
        }
        hashes["attempt"] = np.minimum(attempt, MAX_ATTEMPT).astype(np.uint64)
        workspace = _hashed(frame["workspace_id"])
        groups = {
            kind: _mixed(workspace, *(hashes[name] for name in names)) for kind, names in GROUPS.items()
        }
        credits = _numbers(frame["credits"])
        quality = _numbers(frame["quality_score"])
        events = {
            "attempt_number": attempt.astype(float),
            "hours_since_previous": np.nan_to_num(_numbers(frame["since_previous_us"]) / HOUR_US),
            "quality_score": np.nan_to_num(quality),
            "is_scored": (~np.isnan(quality)).astype(float),
            "credits": credits,
            "hour": (made_us % DAY_US // HOUR_US).astype(float),
        }
        return cls(
            made_us,
            day,
            groups,
            frame["is_wasted"].to_numpy(dtype=bool, na_value=False),
            frame["is_pending"].to_numpy(dtype=bool),
            known_day,
            _days(frame["settled_on"]),
            _hours(frame["settled_after_us"]),
            _days(frame["opposite_on"]),
            _hours(frame["opposite_after_us"]),
            credits,
            _mixed(workspace, _hashed(frame["product_id"])),
            events,
        )

    def __len__(self) -> int:
        return len(self.made_us)

    @cached_property
    def history(self) -> LabelHistory:
        """The labels of these cases, by group and the day they became known."""
        return LabelHistory(self)

    def identity(self) -> NDArray[np.uint64]:
        """A hash of all that is trained on; cases with the same one may take each other's place.

        Without is_pending: it is of the day of the run, also where all else is as it was known before.
        """
        columns = [
            self.product,
            *(self.groups[kind] for kind, names in GROUPS.items() if len(names) == 1),
            *(getattr(self, name) for name in _TIMES),
            *self.events.values(),
        ]
        return _mixed(
            self.is_wasted.astype(np.uint64),
            *(np.ascontiguousarray(column).view(np.uint64) for column in columns),
        )

    def known_at(self, cut: int, *, maturity_days: int, first_day: int = _FIRST_DAY) -> Cases:
        """The cases made from `first_day` up to the end of the local day `cut`, as was known by then."""
        then = self.take((self.day <= cut) & (self.day >= first_day))
        was_opposite = (then.settled_day > cut) & (then.opposite_day <= cut)
        settled_day = np.where(was_opposite, then.opposite_day, then.settled_day)
        # of an overruled outcome the last attempt of its episode is not looked at again
        known_day = np.where(
            was_opposite, np.maximum(then.day + maturity_days, then.opposite_day), then.known_day
        )
        is_settled = settled_day <= cut
        has_opposite = is_settled & ~was_opposite
        return replace(
            then,
            is_wasted=(then.is_wasted ^ was_opposite) & is_settled,
            known_day=np.where(known_day <= cut, known_day, UNKNOWN_DAY),
            settled_day=np.where(is_settled, settled_day, UNKNOWN_DAY),
            settled_hours=np.where(
                is_settled, np.where(was_opposite, then.opposite_hours, then.settled_hours), np.inf
            ),
            opposite_day=np.where(has_opposite, then.opposite_day, UNKNOWN_DAY),
            opposite_hours=np.where(has_opposite, then.opposite_hours, np.inf),
        )

    def take(self, rows: Ints | Bools) -> Cases:
        """Some of the cases."""
        return Cases(
            self.made_us[rows],
            self.day[rows],
            {kind: codes[rows] for kind, codes in self.groups.items()},
            self.is_wasted[rows],
            self.is_pending[rows],
            self.known_day[rows],
            self.settled_day[rows],
            self.settled_hours[rows],
            self.opposite_day[rows],
            self.opposite_hours[rows],
            self.credits[rows],
            self.product[rows],
            {name: values[rows] for name, values in self.events.items()},
        )


def sampled(cases: Cases, rows: Ints, limit: int, *, from_end: bool = False) -> Ints:
    """At most `limit` of the rows, chosen and ordered by the hash of their product and by what they hold.

    So the same cases give the same sample in the same order, in whatever order they were read.

    Args:
        cases: all. rows: indexes of some.
        limit: how many are enough.
        from_end: those that a sample from the start has last.
    """
    hashes = ~cases.product[rows] if from_end else cases.product[rows]
    if len(rows) > limit:
        is_low = hashes <= np.partition(hashes, limit - 1)[limit - 1]
        rows, hashes = rows[is_low], hashes[is_low]
    return rows[np.lexsort([cases.take(rows).identity(), hashes])[:limit]]


# missing quality scores are 0, and is_scored is 0
EVENT_FEATURES = ("attempt_number", "hours_since_previous", "quality_score", "is_scored", "credits", "hour")


@dataclass(frozen=True)
class Counts:
    """Labels of a group known before the day of each case.

    Attributes:
        labels: how many. wasted: how many of them wasted. known_us: since when the newest of them was known.
    """

    labels: Floats
    wasted: Floats
    known_us: Ints


class LabelHistory:
    """The labels of the past, by group and the day they were settled.

    Each label counts from the day it was settled on, however young its generation: under a steady rate every
    case is settled on exactly one day, so those of some days are no worse sample than all. A label that was
    overruled later counts as it was known until then.

    Args:
        cases: those without a label are ignored.

    Raises:
        LeakageError: a label is dated before its generation, or as final before it was overruled.
    """

    def __init__(self, cases: Cases) -> None:
        early = np.flatnonzero(np.minimum(cases.known_day, cases.settled_day) < cases.day)
        if len(early):
            first = early[0]
            raise LeakageError(
                "a label is known on the day of its generation at the earliest; case "
                f"{first} of day {cases.day[first]} has one known on day "
                f"{min(cases.known_day[first], cases.settled_day[first])} ({len(early)} such cases). Times "
                "were mixed up: look at known_on and settled_on in facts.ml_waste_cases."
            )
        mixed = np.flatnonzero(
            (cases.opposite_day < UNKNOWN_DAY)
            & (cases.opposite_hours >= cases.settled_hours)
            & (cases.opposite_hours > 0)  # both may be dated before the generation
        )
        if len(mixed):
            first = mixed[0]
            raise LeakageError(
                "a final label counts only after the one that it overruled; the final one of case "
                f"{first} is known after {cases.settled_hours[first]:.1f} hours, the one before after "
                f"{cases.opposite_hours[first]:.1f} ({len(mixed)} such cases). Look at settled_on and "
                "opposite_on in facts.ml_waste_cases."
            )
        settled = np.flatnonzero(cases.settled_day <= cases.day + MAX_SETTLING_DAYS)
        overruled = np.flatnonzero(
            (cases.opposite_day < cases.settled_day) & (cases.opposite_day <= cases.day + MAX_SETTLING_DAYS)
        )
        ended = overruled[cases.settled_day[overruled] < UNKNOWN_DAY]
        rows = np.concatenate([settled, overruled, ended])
        days = np.concatenate(
            [cases.settled_day[settled], cases.opposite_day[overruled], cases.settled_day[ended]]
        )
        counted = np.repeat([1.0, 1.0, -1.0], [len(settled), len(overruled), len(ended)])
        wasted = counted * np.concatenate(
            [cases.is_wasted[settled], ~cases.is_wasted[overruled], ~cases.is_wasted[ended]]
        )
        everywhere = np.zeros(len(cases), dtype=np.uint64)
        self._kinds = {
            kind: _Past.from_labels(codes[rows], days, counted, wasted)
            for kind, codes in {**cases.groups, "all": everywhere}.items()
        }

    def counts(self, kind: str, cases: Cases) -> Counts:
        """The labels of the group of each case, settled in the RATE_DAYS before its day."""
        codes = np.zeros(len(cases), dtype=np.uint64) if kind == "all" else cases.groups[kind]
        return self._kinds[kind].counts(codes, cases.day)


@dataclass(frozen=True)
class _Past:
    codes: NDArray[np.uint64]
    keys: Ints
    labels: Floats
    wasted: Floats

    @classmethod
    def from_labels(cls, codes: NDArray[np.uint64], days: Ints, counted: Floats, wasted: Floats) -> _Past:
        known_codes, groups = numbered(codes)
        of_group, of_day, rows = _pairs(groups, days)
        labels = np.bincount(rows, weights=counted, minlength=len(of_day))
        of_these = np.bincount(rows, weights=wasted, minlength=len(of_day))
        return cls(known_codes, _key(of_group, of_day), _summed(labels), _summed(of_these))

    def counts(self, codes: NDArray[np.uint64], days: Ints) -> Counts:
        if not len(self.codes):
            nothing = np.zeros(len(codes))
            return Counts(nothing, nothing, np.full(len(codes), _FIRST_DAY * DAY_US))
        asked_codes, group = numbered(codes)
        position = np.minimum(np.searchsorted(self.codes, asked_codes), len(self.codes) - 1)
        is_known = self.codes[position] == asked_codes
        # the same for all cases of a group and day
        number, day, rows = _pairs(group, days)
        asked = _key(position[number], day)
        until = np.searchsorted(self.keys, asked)
        since = np.searchsorted(self.keys, asked - RATE_DAYS)
        newest = self.keys[np.maximum(until - 1, 0)] % _DAYS + _FIRST_DAY
        has_any = is_known[number] & (until > since)
        # one overruled in these days may have been settled before them
        labels = np.maximum(np.where(has_any, self.labels[until] - self.labels[since], 0.0), 0.0)
        wasted = np.where(has_any, self.wasted[until] - self.wasted[since], 0.0)
        known_us = np.where(has_any, newest + 1, _FIRST_DAY) * DAY_US
        return Counts(labels[rows], np.clip(wasted, 0.0, labels)[rows], known_us[rows])


def numbered(codes: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """The different codes, rising, and the number of each; np.unique would sort them all."""
    if len(codes) and codes.dtype == np.int64 and codes.min() >= 0 and codes.max() < 8 * len(codes):
        is_there = np.zeros(codes.max() + 1, dtype=bool)
        is_there[codes] = True
        return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[codes]
    numbers, known = pd.factorize(codes, sort=True)
    return known, np.asarray(numbers, dtype=np.int64)


def _pairs(groups: Ints, days: Ints) -> tuple[Ints, Ints, Ints]:
    """The group and the day of each pair that occurs, rising, and the number of each row's pair."""
    if not len(groups):
        return groups, days, groups
    first = days.min()
    span = days.max() - first + 1
    pairs, rows = numbered(groups * span + (days - first))
    return pairs // span, pairs % span + first, rows


def _key(groups: Ints, days: Ints) -> Ints:
    return groups.astype(np.int64) * _DAYS + (days - _FIRST_DAY)


def _summed(values: NDArray[np.generic]) -> Floats:
    return np.append(np.zeros(1), np.cumsum(values.astype(np.float64)))


def _days(dates: pd.Series) -> Ints:
    days = dates.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), UNKNOWN_DAY, days.astype(np.int64))


def _numbers(column: pd.Series) -> Floats:
    return np.asarray(column.astype("float64"), dtype=np.float64)


def _hours(micros: pd.Series) -> Floats:
    hours = _numbers(micros) / HOUR_US
    return np.where(np.isnan(hours), np.inf, np.maximum(hours, 0.0))


def _hashed(texts: pd.Series) -> NDArray[np.uint64]:
    codes, values = pd.factorize(texts, use_na_sentinel=False)
    hashes = pd.util.hash_array(np.array([*map(repr, np.asarray(values, dtype=object))], dtype=object))
    return np.asarray(hashes, dtype=np.uint64)[codes]


def _mixed(*parts: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One hash of several: a polynomial in an odd constant modulo 2^64."""
    mixed = parts[0]
    for part in parts[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + part
    return mixed
