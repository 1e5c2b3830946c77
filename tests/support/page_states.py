"""Every empty and unusual state of the report page, derived from one report.

Not here: the assertions.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from orchestration.publish.report.model import (
    Balance,
    DayOfUse,
    ExpiringLot,
    PathDay,
    PeriodBefore,
    Report,
    Restated,
    Window,
)

HOSTILE = "<script>alert(1)</script>'\"; drop table marts; -- =cmd() \u202eRTL ‏עברית 😀 {{ 7*7 }}"
AS_OF = date(2026, 4, 7)


def with_forecast(report: Report, **changes: Any) -> Report:
    assert report.forecast is not None
    return replace(report, forecast=replace(report.forecast, **changes))


def with_ledger(report: Report) -> Report:
    """With 30 days of a ledger, a forecast range, and two lots that expire."""
    balances = [
        Balance(AS_OF - timedelta(days=29 - day), Decimal(5000 - 78 * (day + 1))) for day in range(30)
    ]
    paths = [
        PathDay(
            AS_OF + timedelta(days=day),
            *(max(2660.0 - burn * day, 0.0) for burn in (98, 86, 78, 70, 58)),
        )
        for day in range(47)
    ]
    report = with_forecast(
        report,
        depletes_on_p10=date(2026, 5, 6),
        depletes_on_p50=date(2026, 5, 12),
        depletes_on_p90=date(2026, 5, 23),
        credits_to_buy=Decimal(2800),
        recommended_packs='[{"pack_id": "pack_3000", "count": 1, "credits": "3000"}]',
        packs_price=Decimal(165),
        packs_currency="USD",
        buy_by=date(2026, 5, 1),
    )
    lots = (ExpiringLot(date(2026, 4, 20), Decimal(500)), ExpiringLot(date(2027, 3, 8), Decimal(2160)))
    return replace(report, balances=tuple(balances), paths=tuple(paths), expiring=lots)


def with_windows(report: Report) -> Report:
    """With a cost, a period before, and a week to choose, of which 7 days of use are known."""
    costs = {"cost": Decimal("122.85"), "wasted_cost": Decimal("9.45"), "currency": "USD"}
    before = PeriodBefore(date(2026, 2, 7), date(2026, 3, 8), Decimal(2000), Decimal(340))
    report = replace(report, summary=replace(report.summary, **costs), before=before)
    summary = replace(report.summary, credits_used=Decimal(546), window_start_date=date(2026, 4, 1))
    daily = tuple(DayOfUse(date(2026, 4, 1 + day), Decimal(70 + day)) for day in range(7))
    parts = {field.name: getattr(report, field.name) for field in fields(Window)}
    week = Window(**{**parts, "period": "7d", "days": 7, "summary": summary, "daily": daily})
    return replace(report, windows=(week, Window(**parts)))


def _without_ledger(report: Report) -> Report:
    gone = replace(report.summary, allowance=None, credits_remaining=None, overage=None)
    forecast = {"forecast_status": "no_ledger", "pace_date": None, "credits_remaining": None}
    return with_forecast(replace(report, summary=gone), **forecast)


def _without_use(report: Report) -> Report:
    unused = replace(
        report.summary,
        **{"credits_used": Decimal(0), "wasted_credits": Decimal(0), "waste_rate": None},
        **{"burn_rate": Decimal(0), "generation_count": 0, "member_count": 0, "pending_credits": Decimal(0)},
    )
    bare = replace(
        report, summary=unused, members=(), categories=(), generation_types=(), waste=(), suggestions=()
    )
    return with_forecast(bare, forecast_status="no_burn", pace_date=None, burn_rate_7d=Decimal(0))


def _with_many_members(report: Report) -> Report:
    one = report.members[0]
    members = tuple(
        replace(
            one,
            **{"id": f"m{n}", "name": f"Member {n} {'of a very long name ' * (n % 3)}", "spend_rank": n + 1},
            **{"credits": Decimal(195) / 13 * (13 - n), "is_most_efficient": n == 11},
        )
        for n in range(13)
    )
    return replace(report, members=members)


def _with_hostile_names(report: Report) -> Report:
    named = {
        "members": tuple(replace(line, name=HOSTILE) for line in report.members),
        "categories": tuple(replace(line, id=HOSTILE, name=HOSTILE) for line in report.categories),
    }
    suggestions = tuple(replace(one, suggestion=f"Ruleset {HOSTILE}") for one in report.suggestions)
    summary = replace(report.summary, workspace_name=HOSTILE)
    return replace(report, summary=summary, suggestions=suggestions, **named)


def _restated(report: Report) -> Report:
    late = Restated(
        *("late", 2, date(2026, 4, 1), date(2026, 4, 3)),
        *(Decimal("100.5"), Decimal("112.75"), Decimal(7), Decimal(7)),
    )
    one = Restated(
        *("retraction", 1, date(2026, 3, 20), date(2026, 3, 20)),
        *(Decimal(50), Decimal(44), Decimal(6), Decimal(0)),
    )
    return replace(report, restated=(late, one))


def states(example: Report) -> dict[str, tuple[Report, str]]:
    """Each state by name, with a text that its page must show."""
    ledger = with_ledger(example)
    return {
        "usual": (ledger, "Empty by 12 May 2026 at the current pace"),
        "too early": (
            with_forecast(example, forecast_status="insufficient_history", history_days=9),
            "Too early for a range: 9 of 14 days.",
        ),
        "no use": (_without_use(example), "No use in 30 days"),
        "already empty": (
            with_forecast(example, forecast_status="already_empty", empty_since=date(2026, 4, 3)),
            "Empty since 3 Apr 2026",
        ),
        "renewal first": (
            with_forecast(ledger, next_grant_on=date(2026, 5, 1), chance_empty_before_grant=Decimal("0.04")),
            "Lasts to the renewal of 1 May 2026 (4 % chance of running out before);"
            " then empty around 12 May 2026 (6 May 2026 to 23 May 2026)",
        ),
        "no ledger": (
            _without_ledger(example),
            "There is no credit ledger, so only use and burn are reported, not what is left.",
        ),
        "no forecast": (replace(example, forecast=None), "No forecast for 7 Apr 2026"),
        "no name": (
            replace(example, members=(replace(example.members[0], name=" "), *example.members[1:])),
            "m1",
        ),
        "no waste": (
            replace(
                example,
                **{"summary": replace(example.summary, wasted_credits=Decimal(0)), "waste": ()},
                suggestions=(),
            ),
            "No waste detected.",
        ),
        "many members": (_with_many_members(example), "others (2)"),
        "hostile names": (_with_hostile_names(example), "<script>alert(1)</script>"),
        "one day": (
            replace(ledger, balances=ledger.balances[-1:], paths=()),
            "Credits left: 2,660 on 7 Apr 2026, 2,660 on 7 Apr 2026.",
        ),
        "restated": (
            _restated(example),
            "Late deliveries: 2 days changed, 1 Apr 2026 to 3 Apr 2026; credits used +12, wasted unchanged.",
        ),
        "no checks": (replace(example, checks=()), "No checks are recorded."),
    }
