"""Which day the headline names, and the first day on which the credits may be gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from forecasting.depletion.headline import headline_basis, headline_date, may_be_empty_on

P10, P50, P90, PACE = date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 19), date(2026, 5, 12)
RANGE = {"depletes_on_p10": P10, "depletes_on_p50": P50, "depletes_on_p90": P90}
RENEWAL = {"next_grant_on": date(2026, 5, 1), "chance_empty_before_grant": Decimal("0.04")}
EMPTY = {"forecast_status": "already_empty", "empty_since": date(2026, 4, 3)}


@dataclass(frozen=True)
class Dates:
    forecast_status: str = "ok"
    pace_date: date | None = PACE
    depletes_on_p10: date | None = None
    depletes_on_p50: date | None = None
    depletes_on_p90: date | None = None
    empty_since: date | None = None
    next_grant_on: date | None = None
    chance_empty_before_grant: Decimal | None = None


@pytest.mark.parametrize(
    ("changes", "basis", "day", "may_be_empty"),
    [
        ({}, "pace", PACE, PACE),
        (RANGE, "pace", PACE, P10),
        (RANGE | {"pace_date": date(2026, 5, 7)}, "median", P50, P10),
        (RANGE | {"pace_date": None}, "median", P50, P10),
        (RANGE | RENEWAL, "renewal", P50, P10),
        (RANGE | RENEWAL | {"chance_empty_before_grant": Decimal("0.5")}, "pace", PACE, P10),
        (RENEWAL | EMPTY, "already_empty", date(2026, 4, 3), date(2026, 4, 3)),
        ({"forecast_status": "no_burn", "pace_date": None}, "no_burn", None, None),
        ({"forecast_status": "no_ledger", "pace_date": None}, "no_ledger", None, None),
        ({"forecast_status": "beyond_horizon", "pace_date": None}, "none", None, None),
        ({"forecast_status": "insufficient_history"}, "pace", PACE, PACE),
    ],
)
def test_the_headline_rests_on_one_day(
    changes: dict[str, Any], basis: str, day: date | None, may_be_empty: date | None
) -> None:
    dates = Dates(**changes)
    assert headline_basis(dates) == basis
    assert headline_date(dates) == day
    assert may_be_empty_on(dates) == may_be_empty
