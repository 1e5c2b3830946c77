"""What-if changes, applied to the nightly forecast."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pandas as pd
import pytest
from support.depletion_rows import AS_OF, MICRO, ago, bought, history, pack, row, steady, usage

from forecasting.depletion.forecast import Method
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.what_if import (
    RecentUsage,
    WhatIfError,
    forecast_with_changes,
    medians_after_saving,
)

FACTS = RecentUsage(
    credits_micro=300 * MICRO, regeneration_micro=60 * MICRO, member_count=5, product_count=50
)


def known(**changes: object) -> CreditHistory:
    return history(usage(steady()), [bought(900)], packs=[pack("p", 300, "20", 100)], **changes)  # type: ignore[arg-type]


def median(*changes: str, facts: RecentUsage = FACTS) -> pd.Timestamp:
    dates = forecast_with_changes(
        known(), list(changes), facts=facts, as_of=AS_OF, method=Method.default()
    ).dates
    return dates["depletes_on_p50"].iloc[0]


def days(*changes: str) -> int:
    return int((median(*changes) - pd.Timestamp(AS_OF)).days)


def test_no_change_is_the_nightly_forecast() -> None:
    assert (
        median() == row(known())["depletes_on_p50"] == median("regeneration-rate=0%") == median("members=+0")
    )


def test_fewer_regenerations_save_their_share_of_the_credits() -> None:
    # a fifth of the credits are regenerations: without them a day costs four fifths
    assert days("regeneration-rate=-100%") == pytest.approx(days() / 0.8, abs=2)
    assert days("regeneration-rate=+100%") == pytest.approx(days() / 1.2, abs=2)


def test_a_saving_is_its_share_of_the_credits_of_30_days() -> None:
    assert days("saving=60 credits") == days("regeneration-rate=-100%")
    assert days("saving=0") == days()
    with pytest.raises(WhatIfError, match="300 credits were used in 30 days; 'saving=301' saves more"):
        median("saving=301")


def test_savings_of_many_workspaces_have_the_dates_of_each_by_itself() -> None:
    others = history(usage(steady(), "idle"), [], workspace="idle")
    both = CreditHistory(
        *(
            pd.concat([getattr(each, part.name) for each in (others, known())], ignore_index=True)
            for part in fields(CreditHistory)
        )
    )
    savings = pd.DataFrame(
        {
            "workspace_id": ["w", "idle", "w"],
            "saving_micro": [60 * MICRO, 60 * MICRO, 300 * MICRO],
        },
        index=[7, 8, 9],
    )
    found = medians_after_saving(both, savings, as_of=AS_OF, method=Method.default())
    assert found[7] == median("saving=60 credits")
    assert found[[8, 9]].isna().all()  # without a ledger, and where nothing is used any more


def test_more_members_use_more_in_proportion() -> None:
    assert days("members=+5") == pytest.approx(days() / 2, abs=2)
    assert days("members=-1") == pytest.approx(days() / 0.8, abs=2)


def test_a_bulk_takes_its_credits_on_its_day() -> None:
    # six credits a product: 25 products are fifteen days' use
    assert days("bulk=25 products") == pytest.approx(days() - 15, abs=2)
    assert days("bulk=25 products@2026-04-10") == days("bulk=25 products")
    assert median("bulk=50 products@2026-04-17") == date_of(date(2026, 4, 17))


def date_of(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)


def test_a_pack_bought_is_there_after_the_lead_time_and_expires() -> None:
    assert days("buy=p@2026-04-10") > days() + 20
    too_late = f"buy=p@{(ago(-200)).date()}"
    assert median(too_late) == median()
    short = known()
    short = history(usage(steady()), [bought(900)], packs=[pack("p", 300, "20", 5)])
    dates = forecast_with_changes(
        short, ["buy=p@2026-04-10"], facts=FACTS, as_of=AS_OF, method=Method.default()
    ).dates
    assert dates["depletes_on_p50"].iloc[0] <= median() + pd.Timedelta(days=6)


def test_changes_are_applied_together() -> None:
    assert days("members=+5", "regeneration-rate=-100%") == pytest.approx(days() / 1.6, abs=2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("members=2", "written as"),
        ("members=-9", "less than none"),
        ("regeneration-rate=-101%", "100 % at most"),
        ("regeneration-rate=half", "written as"),
        ("bulk=lots", "written as"),
        ("bulk=1 product@soon", "YYYY-MM-DD"),
        ("bulk=1 product@2026-04-07", "within a year after"),
        ("buy=p", "written as"),
        ("buy=q@2026-05-01", "Known packs: p"),
        ("price=-1", "written as"),
        ("", "written as"),
    ],
)
def test_an_impossible_change_is_refused_with_the_remedy(change: str, words: str) -> None:
    with pytest.raises(WhatIfError, match=words):
        median(change)


def test_a_relative_change_without_usage_is_refused() -> None:
    for change in ("members=+1", "regeneration-rate=-1%", "bulk=1 product"):
        with pytest.raises(WhatIfError, match="nothing was used"):
            median(change, facts=RecentUsage(0, 0, 0, 0))
