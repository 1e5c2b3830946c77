"""Demand paths: what every path can do, changed demand for what-if questions, and actual demand.

Not here: predicted paths (calibration.py), or how they meet the lots (runway.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from forecasting.depletion.demand import Floats
from forecasting.ledger import Ints


class Paths(Protocol):
    """Demand of cases on one or more paths each: its sum by a day, and the day by which it reaches a sum."""

    def __getitem__(self, cases: Ints) -> Paths: ...
    def at(self, levels: Sequence[int]) -> Paths: ...
    def by(self, days: Floats) -> Floats: ...
    def until(self, total: Floats) -> Floats: ...


@dataclass(frozen=True)
class Change:
    """A change of demand, for what-if questions.

    Attributes:
        factor: how many times as much.
        extra: additional micro-credits, once.
        extra_on: day number on which those are used.
    """

    factor: float = 1.0
    extra: float = 0.0
    extra_on: int = 1

    def applied_to(self, paths: Paths) -> Paths:
        """Paths with the extra demand; the factor is applied to the demand they are made from."""
        return WithExtra(paths, self.extra, self.extra_on) if self.extra else paths


@dataclass(frozen=True)
class WithExtra:
    """Paths with additional demand on one day."""

    paths: Paths
    extra: float
    on: int

    def __getitem__(self, cases: Ints) -> WithExtra:
        return WithExtra(self.paths[cases], self.extra, self.on)

    def at(self, levels: Sequence[int]) -> WithExtra:
        return WithExtra(self.paths.at(levels), self.extra, self.on)

    def by(self, days: Floats) -> Floats:
        return self.paths.by(days) + np.where(days >= self.on, self.extra, 0.0)

    def until(self, total: Floats) -> Floats:
        before = self.paths.until(total)
        after = self.paths.until(np.maximum(total - self.extra, 0.0))
        return np.where(before < self.on, before, np.maximum(after, self.on))


@dataclass(frozen=True)
class RealisedDemand:
    """Actual demand, for scoring a forecast: one path for each case.

    Attributes:
        total: summed by each day after as_of, (cases, 1 + days); the first column is 0.
    """

    total: Floats

    def __getitem__(self, cases: Ints) -> RealisedDemand:
        return RealisedDemand(self.total[cases])

    def at(self, levels: Sequence[int]) -> RealisedDemand:
        return self

    def by(self, days: Floats) -> Floats:
        at = np.minimum(days, self.total.shape[1] - 1).astype(np.int64)
        return np.take_along_axis(self.total, at.reshape(len(at), math.prod(at.shape[1:])), axis=1).reshape(
            days.shape
        )

    def until(self, total: Floats) -> Floats:
        """The first whole day by whose end the demand sums to `total`; inf if it has not yet."""
        flat = total.reshape(len(total), math.prod(total.shape[1:]))
        day = (self.total[:, None, :] < flat[..., None]).sum(axis=2).astype(float)
        day[day >= self.total.shape[1]] = np.inf
        return np.maximum(day, 1.0).reshape(total.shape)
