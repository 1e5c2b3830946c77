"""The range of the date: how lots, grants, purchases, blocked days and implausible charges move it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depletion_rows import AS_OF, MICRO, ago, bought, history, pack, predict, row, steady, usage

from forecasting.depletion.calibration import shipped_calibration
from forecasting.depletion.forecast import Method, forecast_depletion
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.schema import FORECAST_ROW
from forecasting.ledger import DrawPolicy

DATES = [name for name in FORECAST_ROW if name.startswith("depletes_on_")]


def test_the_range_of_steady_demand_contains_its_own_pace() -> None:
    # 600 used, 300 left at 10 a day: thirty days
    found = row(history(usage(steady()), [bought(900)]))
    assert (found["forecast_status"], found["pace_date"]) == ("ok", ago(-30))
    assert found["depletes_on_p10"] < found["pace_date"] < found["depletes_on_p90"]
    assert abs((found["depletes_on_p50"] - found["pace_date"]).days) <= 2


def test_the_day_to_order_is_p5_less_the_lead_time() -> None:
    for lead_days in (0, 3, 10):
        found = row(history(usage(steady()), [bought(900)], lead_days=lead_days))
        assert found["buy_by"] == found["depletes_on_p5"] - timedelta(days=lead_days)


def test_a_lot_that_expires_before_it_is_used_moves_the_date_earlier() -> None:
    lasting = row(history(usage(steady()), [bought(700), bought(200, on=0)]))
    expiring = row(history(usage(steady()), [bought(700), bought(200, on=0, until=-5)]))
    assert expiring["credits_remaining_micro"] == lasting["credits_remaining_micro"] == 300 * MICRO
    for name in DATES[:5]:
        assert expiring[name] < lasting[name]


def test_a_lot_that_is_all_there_is_ends_on_its_expiry_day() -> None:
    found = row(history(usage(steady()), [bought(100_000, until=-5)]))
    assert [found[name] for name in DATES] == [ago(-5)] * len(DATES)


def test_a_lot_that_is_used_before_it_expires_is_not_missed() -> None:
    lasting = row(history(usage(steady()), [bought(900)]))
    expiring = row(history(usage(steady()), [bought(900, until=-300)]))
    assert [lasting[name] for name in DATES] == [expiring[name] for name in DATES]


def test_a_grant_booked_ahead_moves_the_date_later() -> None:
    without = row(history(usage(steady()), [bought(900)]))
    granted = row(history(usage(steady()), [bought(900), bought(200, on=-10, booked=0)]))
    assert granted["credits_remaining_micro"] == without["credits_remaining_micro"]
    assert granted["next_grant_on"] == ago(-10)
    for name in DATES[:5]:
        assert granted[name] > without[name]


def test_a_grant_that_comes_after_the_credits_are_gone_does_not_undo_that() -> None:
    without = row(history(usage(steady()), [bought(900)]))
    granted = row(history(usage(steady()), [bought(900), bought(500, on=-300, booked=0)]))
    assert granted["depletes_on_p50"] == without["depletes_on_p50"]
    assert granted["chance_empty_before_grant"] > 0.95


def test_the_probability_of_being_empty_before_a_grant_is_that_of_the_day_before_it() -> None:
    found = row(history(usage(steady()), [bought(900)]))
    day = (ago(0) - found["depletes_on_p50"]).days
    after = row(history(usage(steady()), [bought(900), bought(5, on=day - 1, booked=0)]))
    before = row(history(usage(steady()), [bought(900), bought(5, on=day, booked=0)]))
    assert before["chance_empty_before_grant"] < 0.5 <= after["chance_empty_before_grant"] + 0.05
    safe = row(history(usage(steady()), [bought(900), bought(5, on=-1, booked=0)]))
    assert safe["chance_empty_before_grant"] == 0


def test_a_purchase_is_never_read_as_negative_burn() -> None:
    at_once = row(history(usage(steady()), [bought(1500)]))
    in_two = row(history(usage(steady()), [bought(700), bought(800, on=2)]))
    same = [
        "credits_remaining_micro",
        "burn_rate_7d_credits_micro",
        "pace_date",
        *DATES,
        "credits_to_buy_micro",
    ]
    assert {name: at_once[name] for name in same} == {name: in_two[name] for name in same}


def test_days_blocked_by_an_empty_balance_are_not_read_as_low_demand() -> None:
    used = dict.fromkeys(range(15, 60), 10.0) | dict.fromkeys(range(3), 10.0)
    # 450 were bought and used, nothing for twelve days, and 300 more bought three days ago
    blocked = row(history(usage(used), [bought(450), bought(330, on=2)]))
    idle = row(history(usage(used), [bought(450 + 330)]))
    assert blocked["credits_remaining_micro"] == idle["credits_remaining_micro"] == 300 * MICRO
    assert blocked["depletes_on_p50"] < idle["depletes_on_p50"]
    assert abs((blocked["depletes_on_p50"] - ago(-30)).days) <= 3


def test_an_empty_balance_that_usage_goes_beyond_blocks_nothing() -> None:
    """Overage during the empty days shows that they were free to use: then a quiet day is a quiet day."""
    used = dict.fromkeys(range(15, 60), 10.0) | {10: 1.0} | dict.fromkeys(range(3), 10.0)
    beyond = row(history(usage(used), [bought(450), bought(330, on=2)]))
    idle = row(history(usage(used), [bought(450 + 331)]))
    assert beyond["depletes_on_p50"] == idle["depletes_on_p50"]


def test_an_implausible_charge_is_capped_in_demand_and_kept_in_usage() -> None:
    error = usage(steady() | {4: 10_010.0})
    lots = [bought(600 + 10_000 + 300)]
    found = row(history(error, lots, charges={4: 10_000}))
    true = row(history(usage(steady()), [bought(900)]))
    assert [found[name] for name in DATES] == [true[name] for name in DATES]
    assert found["capped_credits_micro"] == 10_000 * MICRO
    assert found["burn_rate_7d_credits_micro"] == 10_070 * MICRO
    assert found["pace_date"] < true["pace_date"]


def test_each_status_carries_its_own_dates_only() -> None:
    rows = {
        "no_burn": history(usage({40: 10}), [bought(100)]),
        "already_empty": history(usage(steady()), [bought(600)]),
        "insufficient_history": history(usage(steady(days=13)), [bought(300)]),
        "beyond_horizon": history(usage(steady()), [bought(600 + 10 * 500)]),
        "ok": history(usage(steady(days=14)), [bought(300)]),
    }
    for status, known in rows.items():
        found = row(known)
        assert found["forecast_status"] == status
        if status != "ok":
            assert [found[name] for name in [*DATES, "buy_by"]] == [None] * 7
        assert (found["pace_date"] is not None) == (status in ("insufficient_history", "ok"))
    no_ledger = replace(rows["ok"], balances=rows["ok"].balances[:0], lots=rows["ok"].lots[:0])
    assert row(no_ledger)["forecast_status"] == "no_ledger"


def test_what_lies_beyond_the_horizon_has_no_date() -> None:
    found = row(history(usage(steady()), [bought(600 + 10 * 340)]))
    assert found["forecast_status"] == "ok"
    assert found["depletes_on_p50"] <= ago(-365)
    assert found["depletes_on_p975"] is None


def test_an_empty_workspace_gets_a_purchase_recommendation() -> None:
    found = row(history(usage(steady()), [bought(600)], packs=[pack("p", 100, "9.99")]))
    assert 250 * MICRO <= found["credits_to_buy_micro"] <= 500 * MICRO
    assert '"pack_id": "p"' in found["recommended_packs"]


def test_nothing_is_to_be_bought_where_a_grant_covers_what_is_to_come() -> None:
    """One credit is left for tomorrow, and a grant comes the day after: no order could arrive before it."""
    lots = [bought(601), bought(2_000, on=-2, booked=0)]
    found = row(history(usage(steady()), lots, packs=[pack("p", 100, "1")]))
    assert (found["forecast_status"], found["depletes_on_p50"]) == ("ok", ago(-1))
    assert (found["credits_to_buy_micro"], found["recommended_packs"]) == (0, "[]")


def test_paths_start_at_what_is_left_and_never_fall_below_nothing() -> None:
    paths = predict(history(usage(steady()), [bought(900), bought(50, on=-9, booked=0)])).paths
    columns = [name for name in paths if name.startswith("balance_")]
    assert paths.iloc[0][columns].tolist() == [300 * MICRO] * 5
    assert paths["forecast_date"].is_monotonic_increasing and paths["forecast_date"].iloc[0] == ago(0)
    assert (paths[columns] >= 0).all(axis=None)
    assert (paths[columns].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    rises = paths.set_index("forecast_date")[columns].diff().loc[ago(-9)]
    assert (rises > 0).all()


credits = st.integers(1, 2_000)
any_lots = st.lists(
    st.builds(
        lambda amount, on, life: bought(
            amount, on=on, until=None if life is None else on - life, booked=max(on, 0)
        ),
        credits,
        st.integers(-200, 80),
        st.one_of(st.none(), st.integers(1, 300)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(
    used=st.dictionaries(st.integers(0, 100), st.integers(0, 100), min_size=1, max_size=60),
    lots=any_lots,
    repays=st.booleans(),
    seed=st.integers(0, 9),
)
def test_quantiles_are_in_order_and_the_order_of_rows_does_not_matter(
    used: dict[int, int], lots: list[dict[str, object]], repays: bool, seed: int
) -> None:
    method = replace(Method.default(), policy=DrawPolicy(repays_overage=repays))
    known = history(usage(used), lots)
    found = predict(known, method)
    days = [found.dates[name].iloc[0] for name in DATES]
    seen = [day for day in days if not pd.isna(day)]
    assert seen == sorted(seen) and days[: len(seen)] == seen
    columns = [name for name in found.paths if name.startswith("balance_")]
    assert (found.paths[columns].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    shuffled = CreditHistory(
        *(getattr(known, part).sample(frac=1, random_state=seed) for part in ("balances", "lots", "usage")),
        known.workspaces,
    )
    again = predict(shuffled, method)
    pd.testing.assert_frame_equal(again.dates, found.dates)
    pd.testing.assert_frame_equal(again.paths, found.paths)


def many() -> CreditHistory:
    rng = random.Random(7)
    parts = []
    for number in range(15):
        used = {day: rng.choice([0, 5, 10, 40]) for day in range(rng.randint(1, 90))}
        lots = [
            bought(rng.randint(50, 3_000), on=rng.randint(-90, 90), booked=90)
            for _ in range(rng.randint(1, 9))
        ]
        parts.append(history(usage(used, f"w{number}"), lots, workspace=f"w{number}"))
    return CreditHistory(
        *(pd.concat([getattr(part, name) for part in parts]) for name in CreditHistory.__dataclass_fields__)
    )


def test_the_forecast_of_a_workspace_does_not_depend_on_other_workspaces() -> None:
    everyone = many()
    together = predict(everyone)
    dates, paths = together.dates.set_index("workspace_id"), together.paths.set_index("workspace_id")
    for name in dates.index:
        alone = predict(everyone.for_workspace(str(name)))
        pd.testing.assert_frame_equal(alone.dates.set_index("workspace_id"), dates.loc[[name]])
        if len(alone.paths):
            pd.testing.assert_frame_equal(alone.paths.set_index("workspace_id"), paths.loc[[name]])


@cache
def digest() -> str:
    found = forecast_depletion(many(), as_of=AS_OF, method=Method(shipped_calibration()))
    return sha256((found.dates.to_csv() + found.paths.to_csv()).encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "4"])
def test_the_number_of_threads_changes_nothing(threads: str) -> None:
    limits = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], threads)
    paths = os.pathsep.join(path for path in sys.path if path)
    output = subprocess.run(
        [sys.executable, "-c", "from test_range import digest; print(digest())"],
        env={**os.environ, **limits, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), paths])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert output.stdout.strip() == digest()
