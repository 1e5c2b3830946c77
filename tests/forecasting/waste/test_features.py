"""What is known of a generation is only what was known when it was made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.waste_cases import drawn, last_day

from forecasting.waste.baseline import Rule
from forecasting.waste.features import (
    DAY_US,
    GROUPS,
    RATE_DAYS,
    UNKNOWN_DAY,
    Cases,
    History,
    LeakageError,
    cases_of,
)
from forecasting.waste.matrix import FEATURES, Features, features_of, refuse_later


def known_by(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The frame as it was at the end of a day: later generations are not there, later labels not known."""
    known = frame[frame["usage_date"] <= day].copy()
    is_later = known["known_on"] > day
    known.loc[is_later, ["is_wasted", "known_on", "settled_after_us"]] = None
    return known


def test_a_group_counts_the_labels_of_28_days_known_before_the_day_and_no_others() -> None:
    cases = cases_of(drawn(600, 60, seed=1))
    history = History(cases)
    for kind in GROUPS:
        counts = history.counts(kind, cases)
        for place in range(0, len(cases), 37):
            is_known = (
                (cases.groups[kind] == cases.groups[kind][place])
                & (cases.known_day < cases.day[place])
                & (cases.known_day >= cases.day[place] - RATE_DAYS)
            )
            assert counts.labels[place] == is_known.sum()
            assert counts.wasted[place] == cases.is_wasted[is_known].sum()
            newest = cases.known_day[is_known].max(initial=-(2**20) - 1)
            assert counts.known_us[place] == (newest + 1) * DAY_US


def test_what_happens_later_changes_no_feature_of_what_was_made_before() -> None:
    frame = drawn(3_000, 80, seed=2)
    rule = Rule(dict.fromkeys(GROUPS, 20.0))
    whole = cases_of(frame)
    after, _ = features_of(rule, History(whole), whole)
    for day in ("2026-02-01", "2026-02-20", "2026-03-10"):
        then = known_by(frame, pd.Timestamp(day))
        cases = cases_of(then)
        before, _ = features_of(rule, History(cases), cases)
        is_that_day = (then["usage_date"] == day).to_numpy()
        assert is_that_day.sum() > 10
        rows = frame.index.get_indexer(then.index)[is_that_day]
        for name in FEATURES:
            np.testing.assert_array_equal(before.values[name][is_that_day], after.values[name][rows], name)


def test_every_feature_is_stamped_and_none_later_than_its_generation() -> None:
    cases = cases_of(drawn(500, 60, seed=3))
    features, _ = features_of(Rule(dict.fromkeys(GROUPS, 20.0)), History(cases), cases)
    assert tuple(features.values) == FEATURES
    assert set(features.known_us) == set(FEATURES)
    assert all((known <= cases.made_us).all() for known in features.known_us.values())
    # the stamps of rates are those of their labels, so some lie far back
    assert (features.known_us["rate_of_ruleset"] < cases.made_us).any()


def test_a_feature_known_a_moment_later_is_refused_by_name() -> None:
    made_us = np.array([5 * DAY_US, 6 * DAY_US])
    late = Features({"attempt_count": np.ones(2)}, {"attempt_count": made_us + np.array([0, 1])})
    with pytest.raises(LeakageError, match="attempt_count of case 1 became known"):
        refuse_later(late, made_us)


def test_a_feature_without_a_time_is_refused() -> None:
    with pytest.raises(LeakageError, match="mystery does not"):
        refuse_later(Features({"mystery": np.ones(1)}, {}), np.zeros(1, dtype=np.int64))


def test_added_features_are_refused_like_others() -> None:
    cases = cases_of(drawn(300, 40, seed=4))
    late = Features({"final": np.ones(len(cases))}, {"final": cases.made_us + 1})
    with pytest.raises(LeakageError, match="final"):
        features_of(Rule(dict.fromkeys(GROUPS, 20.0)), History(cases), cases, added=late)


def test_a_label_known_before_its_generation_is_refused() -> None:
    frame = drawn(300, 40, seed=5)
    has_label = frame.index[frame["known_on"].notna()]
    frame.loc[has_label[0], "known_on"] = frame.loc[has_label[0], "usage_date"] - pd.Timedelta(days=1)
    with pytest.raises(LeakageError, match="1 such cases"):
        History(cases_of(frame))


def test_groups_of_one_name_in_two_workspaces_are_two_groups() -> None:
    frame = drawn(400, 60, seed=6, workspaces=1)
    twin = frame.assign(workspace_id="other", is_wasted=~frame["is_wasted"])
    alone, both = cases_of(frame), cases_of(pd.concat([frame, twin], ignore_index=True))
    first, second = History(alone), History(both)
    for kind in GROUPS:
        np.testing.assert_array_equal(
            first.counts(kind, alone).wasted, second.counts(kind, both).wasted[: len(alone)]
        )


def test_a_rate_of_few_labels_lies_near_that_of_the_wider_group() -> None:
    cases = cases_of(drawn(12_000, 100, seed=7, tells="group"))
    rule = Rule.fit(cases, cut=last_day())
    history = History(cases)
    rates, sizes, _ = rule.rates(history, cases)
    own = history.counts("ruleset", cases)
    raw = own.wasted / np.maximum(own.labels, 1)
    is_between = (rates["ruleset"] - raw) * (rates["ruleset"] - rates["workspace"]) <= 1e-12
    assert is_between[own.labels > 0].all()
    assert sizes["ruleset"].max() > 20
    # rulesets differ here, members do not: so the labels themselves say how far to trust each
    assert rule.strengths["ruleset"] < 50 < rule.strengths["member"]


def test_no_case_at_all_is_no_error() -> None:
    nothing: Cases = cases_of(drawn(10, 20).iloc[:0])
    features, foretold = features_of(Rule.fit(nothing, cut=0), History(nothing), nothing)
    assert len(nothing) == len(foretold) == len(features.matrix()) == 0


def test_an_unknown_label_is_not_a_label() -> None:
    cases = cases_of(drawn(500, 30, seed=8))
    assert (cases.known_day == UNKNOWN_DAY).sum() > 20
    everything = History(cases).counts("all", cases)
    assert everything.labels.max() <= (cases.known_day < UNKNOWN_DAY).sum()
