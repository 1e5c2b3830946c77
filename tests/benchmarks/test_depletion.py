"""The depletion benchmark: its protocol on series written by hand, and its floors on the public series."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.product import REPO

from benchmarks.depletion import OURS, PACE, PUBLIC, STEADY, already_public, as_json, run, targets
from benchmarks.depletion_cases import (
    CAP_DAYS,
    GRID,
    Evenings,
    Unmeasurable,
    assign_folds,
    sample_cases,
    sample_evenings,
    scores,
    warnings,
)
from benchmarks.depletion_methods import autoets, calibrated, pace, same_at_all_levels, seasonal_naive
from forecasting.depletion.calibration import LEVELS
from orchestration.landing.daily_series import DailySeries, read_series


def constant(name: str, days: int, value: float = 10.0, group: str = "g") -> DailySeries:
    return DailySeries(name, group, "made up", np.full(days, value))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_amounts_come_from_the_past_and_truths_from_the_future_and_every_series_weighs_the_same() -> None:
    rising = DailySeries("rising", "g", "", np.concatenate([np.full(60, 10.0), np.full(200, 20.0)]))
    cases = sample_cases([constant("short", 130), rising], step=5, rng=rng())
    assert (cases.history_days >= 28).all() and (
        cases.history_days <= np.array([40, 170])[cases.series]
    ).all()
    of_mean = cases.credits / cases.demand.mean
    assert (of_mean >= 3).all() and (of_mean <= 60).all()
    assert np.bincount(cases.series, cases.weight) == pytest.approx([1, 1])
    short = cases[cases.series == 0]
    assert short.days == pytest.approx(short.credits / 10)
    early = cases[(cases.series == 1) & (cases.history_days == 58)]
    assert early.days == pytest.approx(2 + (early.credits - 20) / 20)
    assert cases.days.max() <= CAP_DAYS


def test_the_pace_and_the_repeated_last_week() -> None:
    weekly = DailySeries("weekly", "g", "", np.tile([10.0, 10, 10, 10, 10, 0, 0], 30))
    cases = sample_cases([weekly], step=7, rng=rng())
    assert pace(cases) == pytest.approx(np.minimum(cases.credits / (50 / 7), 365))
    assert np.minimum(seasonal_naive(cases), CAP_DAYS) == pytest.approx(cases.days)


def test_a_certain_date_scores_its_error_and_a_true_one_scores_nothing() -> None:
    cases = sample_cases([constant("a", 200)], step=5, rng=rng())
    right = scores(cases, same_at_all_levels(cases.days))
    assert (right["mae"], right["days late"], right["D<P5"]) == (0, 0, 0)
    assert right["crps"] == pytest.approx(0)
    late = scores(cases, same_at_all_levels(np.minimum(cases.days - 2, CAP_DAYS)))
    assert late["mae"] == pytest.approx(2) and (late["D<P2.5"], late["D>P90"]) == (0, 1)
    assert late["days late"] == pytest.approx(-2)
    assert late["crps"] == pytest.approx(2 * 2 * GRID.mean())


def test_conformal_ranges_have_their_nominal_coverage_on_cases_like_the_training_cases() -> None:
    generator = rng()
    days, weight = generator.uniform(1, 60, 8_000), np.ones(4_000)
    truth = (days + 0.5) * np.exp(generator.normal(0, 0.2, 8_000)) - 0.5
    days_at = calibrated(days[:4_000], truth[:4_000], weight, days[4_000:])
    low, high = days_at[:, LEVELS.index(0.1)], days_at[:, LEVELS.index(0.9)]
    assert ((low <= truth[4_000:]) & (truth[4_000:] <= high)).mean() == pytest.approx(0.8, abs=0.03)


def test_series_of_one_group_are_never_split() -> None:
    many = [constant(f"s{n}", 130, group=f"g{n // 3}") for n in range(60)]
    fold = assign_folds(many, rng=rng())
    assert all(len(set(fold[n : n + 3])) == 1 for n in range(0, 60, 3))
    assert len(set(fold)) == 8


def test_a_warning_is_too_late_with_less_notice_than_the_lead_time() -> None:
    evenings = sample_evenings([constant("a", 200)], rng=rng())
    left = evenings.cases.days
    # one that knows the day: it warns four evenings before, and is never late
    knowing = warnings(evenings, left)
    assert (knowing["too_late"], knowing["notice"]) == (0, 4)
    assert warnings(evenings, left + 1)["too_late"] == 0
    assert warnings(evenings, left + 2)["too_late"] == 1
    assert warnings(evenings, np.full(len(left), np.inf))["too_late"] == 1


def test_what_is_used_up_within_the_lead_time_is_reported_apart() -> None:
    evenings = sample_evenings([constant("a", 200)], rng=rng())
    hopeless = Evenings(evenings.cases, evenings.depletion, evenings.series, np.full(len(evenings.length), 3))
    hopeless.length[0] = 20
    found = warnings(hopeless, evenings.cases.days)
    assert found["hopeless"] == pytest.approx(1 - 1 / len(evenings.length))


@pytest.mark.slow
@pytest.mark.skipif(
    not PUBLIC.exists(), reason=f"the public series are not here: {PUBLIC.relative_to(REPO.parent)}"
)
def test_every_floor_is_held_on_the_public_series_and_on_some_as_if_unseen() -> None:
    public = read_series([PUBLIC])
    outcome = run(public, step=10, seed=1)
    assert outcome.reached["floor held"].all(), outcome.reached
    assert outcome.table.loc[PACE, "mae"] > outcome.table.loc[OURS, "mae"]
    unseen = run(public[::4], step=40, seed=1, public=public, is_shipped=True)
    assert unseen.table.loc[OURS, "mae / pace"] < 0.75


def test_series_that_are_too_short_are_refused() -> None:
    with pytest.raises(Unmeasurable, match="28 days before and 90 after"):
        run([constant("a", 117)], step=5, seed=0)


def test_autoets_is_scored_where_it_was_run() -> None:
    cases = sample_cases([constant("a", 200)], step=10, rng=rng())
    path = {f"day_{day}": 10.0 for day in range(1, 91)}
    days = autoets(cases, ["a"], pd.DataFrame([{"series": "a", "history_days": 38, **path}]))
    is_run = cases.history_days == 38
    assert np.isfinite(days).tolist() == is_run.tolist()
    assert np.minimum(days[is_run], CAP_DAYS) == pytest.approx(cases.days[is_run])


def test_series_of_one_group_or_without_usage_are_refused_with_what_to_do() -> None:
    with pytest.raises(Unmeasurable, match="two groups or more"):
        run([constant("a", 200), constant("b", 200)], step=5, seed=0)
    with pytest.raises(Unmeasurable, match="Give series with usage"):
        run([constant("a", 200, value=0)], step=5, seed=0)


def test_series_that_never_deplete_leave_the_warnings_unmeasured() -> None:
    ends = DailySeries("ends", "g", "", np.concatenate([np.full(60, 10.0), np.zeros(150)]))
    alone = sample_evenings([DailySeries("once", "g", "", np.eye(1, 200, 99)[0])], rng=rng())
    assert np.isnan(warnings(alone, alone.cases.days)["too_late"])
    others = [constant(f"s{n}", 200, value=n + 1.0, group=f"g{n}") for n in range(4)]
    outcome = run([ends], step=5, seed=0, public=others, is_shipped=True)
    assert 0 <= outcome.table.loc[OURS, "mae"] <= CAP_DAYS


def test_autoets_is_calibrated_by_groups_on_unseen_series_too() -> None:
    unseen = [constant(f"s{n}", 200, value=n + 1.0, group=f"g{n}") for n in range(4)]
    days = range(28, 111, 10)
    rows = [
        {"series": one.name, "history_days": day} | {f"day_{n}": one.values[0] for n in range(1, 91)}
        for one in unseen
        for day in days
    ]
    outcome = run(unseen, step=5, seed=0, public=unseen, is_shipped=True, autoets=pd.DataFrame(rows))
    assert outcome.others is not None and outcome.others.loc["AutoETS, calibrated", "mae"] < 0.1


def test_a_missed_floor_is_reported_and_an_unmeasured_target_is_not() -> None:
    mine = {"mae / pace": 0.7, "crps / calibrated": 0.96}
    mine |= {"D<P2.5": 0.025, "D<P5": 0.05, "D<P10": 0.1, "D>P90": 0.1}
    table = pd.DataFrame({OURS: mine | {"too_late": np.nan, "notice": 8.0}}).T
    steady = pd.DataFrame({STEADY: {"mae / pace": 0.95, "days late": 0.5}}).T
    reached = targets(table, steady, seconds=3.0)
    assert "warnings too late" not in reached.index
    missed = reached.index[~reached["floor held"].astype(bool)]
    assert list(missed) == ["crps / crps of the calibrated pace"]
    assert not reached.loc["10,000 workspaces, read to written, s", "aim held"]


def test_public_series_are_recognised_by_their_values() -> None:
    assert already_public([constant("a", 200), constant("b", 200, 11.0)], [constant("other", 200)]) == 1


def test_the_figures_are_available_as_json() -> None:
    unseen = [constant(f"s{n}", 200, value=n + 1.0, group=f"g{n}") for n in range(4)]
    outcome = run(unseen, step=10, seed=0, public=unseen, is_shipped=True)
    report = json.loads(as_json(outcome, None, protocol="made up", series=4))
    assert report["methods"][OURS]["mae"] == pytest.approx(outcome.table.loc[OURS, "mae"])
    assert report["with_autoets"] is None and report["parts"]["made up"]["series"] == 4
