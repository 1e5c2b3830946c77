"""What the dashboard sums for a published period is what the marts say of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from support.product import NightlyRun

from orchestration.dashboard.figures.periods import (
    compared,
    period_of_dates,
    published_periods,
    selection_before,
)
from orchestration.dashboard.figures.queries import Filter, breakdown
from orchestration.publish.rows.read_only import open_published

AS_OF = date(2026, 4, 7)
SCOPES = {
    "team": "team",
    "member_id": "member",
    "product_category": "product_category",
    "generation_type": "generation_type",
}


def test_periods_and_the_changes_of_each_scope_are_those_of_the_marts(sample_run: NightlyRun) -> None:
    with open_published(sample_run.published / "credits.duckdb") as connection:
        periods = published_periods(connection, "acme-store")
        assert list(periods) == ["7d", "30d", "90d", "month_to_date", "last_month"]
        for name, period in periods.items():
            selection = Filter("acme-store", period.first, period.last)
            found = compared(connection, selection, period, as_of=AS_OF)
            (summary,) = connection.execute(
                "select credits_used, wasted_credits, cost, wasted_cost, unpriced_credits"
                " from marts.credit_summary where period = $period",
                {"period": name},
            ).fetchall()
            figures = found.figures
            assert summary == (
                *(figures.credits, figures.wasted_credits),
                *(figures.cost, figures.wasted_cost, figures.unpriced_credits),
            )
            before = selection_before(selection, period, as_of=AS_OF)
            assert before is not None
            for by, scope in SCOPES.items():
                changes = connection.execute(
                    "select scope_id, credits, credits_before from marts.period_changes"
                    " where period = $period and scope = $scope",
                    {"period": name, "scope": scope},
                ).fetchall()
                now, then = (
                    {value: of.credits for value, of in breakdown(connection, chosen, by)}
                    for chosen in (selection, before)
                )
                assert changes
                for value, credits, credits_before in changes:
                    assert now.get(value, Decimal(0)) == credits
                    assert then.get(value, Decimal(0)) == credits_before
                assert sum(then.values(), Decimal(0)) == found.credits_before


def test_single_generations_are_not_compared_with_days_that_are_not_kept() -> None:
    kept = period_of_dates(AS_OF - timedelta(days=44), AS_OF)
    not_kept = period_of_dates(AS_OF - timedelta(days=45), AS_OF)
    chosen = Filter("w1", kept.first, AS_OF, {"locale": ("en",)})
    assert selection_before(chosen, kept, as_of=AS_OF) is not None
    assert selection_before(chosen, not_kept, as_of=AS_OF) is None
    assert selection_before(Filter("w1", kept.first, AS_OF), not_kept, as_of=AS_OF) is not None
