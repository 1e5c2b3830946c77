"""What is known of a generation is only what was known when it was made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.waste_cases import MATURITY_DAYS, last_day, sample_cases

from forecasting.waste.baseline import Rule
from forecasting.waste.features import (
    DAY_US,
    GROUPS,
    MAX_SETTLING_DAYS,
    RATE_DAYS,
    UNKNOWN_DAY,
    Cases,
    LabelHistory,
    LeakageError,
    sampled,
)
from forecasting.waste.matrix import FEATURES, Features, build_features, refuse_later


def known_by(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The frame as it was at the end of a day: later generations are not there, later labels not known."""
    known = frame[frame["usage_date"] <= day].copy()
    was_opposite = (known["settled_on"] > day) & (known["opposite_on"] <= day)
    known.loc[was_opposite, "is_wasted"] = ~known.loc[was_opposite, "is_wasted"]
    for name in ("settled_on", "settled_after_us"):
        opposite = name.replace("settled", "opposite")
        known.loc[was_opposite, name] = known.loc[was_opposite, opposite]
    is_later = known["settled_on"].isna() | (known["settled_on"] > day)
    known.loc[was_opposite | is_later, ["opposite_on", "opposite_after_us"]] = None
    known.loc[is_later, ["is_wasted", "settled_on", "settled_after_us"]] = None
    known.loc[is_later | (known["known_on"] > day), "known_on"] = None
    return known


def test_cases_are_known_at_a_day_as_they_were_then() -> None:
    frame = sample_cases(3_000, 80, seed=2, overruled=0.3)
    day = pd.Timestamp("2026-02-20")
    cut = (day - pd.Timestamp(0)).days
    then = known_by(frame, day)
    # what was overruled later was known to be mature by its own outcome only
    matured = then["usage_date"] + pd.Timedelta(days=MATURITY_DAYS)
    is_open = then["known_on"].isna() & then["settled_on"].notna() & (matured <= day)
    then.loc[is_open, "known_on"] = matured[is_open]
    known = Cases.from_frame(frame).known_at(cut, maturity_days=MATURITY_DAYS)
    expected = Cases.from_frame(then)
    assert (then["settled_on"].notna() & then["known_on"].isna()).sum() > 50
    for name in ("is_wasted", "known_day", "settled_day", "settled_hours", "opposite_day", "opposite_hours"):
        np.testing.assert_array_equal(getattr(known, name), getattr(expected, name), name)


def test_an_overruled_label_counts_as_it_was_known_until_then() -> None:
    frame = sample_cases(2, 40, seed=1).assign(
        workspace_id="w",
        usage_date=pd.Timestamp("2026-01-05"),
        made_us=(pd.Timestamp("2026-01-05") - pd.Timestamp(0)).days * DAY_US,
        is_wasted=pd.array([True, False], dtype="boolean"),
        settled_on=pd.to_datetime(["2026-01-10", "2026-01-06"]),
        known_on=pd.Timestamp("2026-01-19"),
        settled_after_us=5 * DAY_US,
        opposite_on=pd.to_datetime(["2026-01-06", None]),
        opposite_after_us=DAY_US,
    )
    history = LabelHistory(Cases.from_frame(frame))
    asked = frame.iloc[:1]
    found = []
    for day in ("2026-01-06", "2026-01-07", "2026-01-10", "2026-01-11", "2026-02-07", "2026-02-08"):
        counts = history.counts("all", Cases.from_frame(asked.assign(usage_date=pd.Timestamp(day))))
        found.append((counts.labels[0], counts.wasted[0]))
    assert found == [(0, 0), (2, 0), (2, 0), (2, 1), (0, 0), (0, 0)]


def test_a_label_that_came_very_late_is_not_counted() -> None:
    frame = sample_cases(600, 90, seed=1, overruled=0)
    late = frame["usage_date"] + pd.Timedelta(days=MAX_SETTLING_DAYS + 1)
    is_early = frame["usage_date"] < pd.Timestamp("2026-01-20")
    cases = Cases.from_frame(frame.assign(settled_on=frame["settled_on"].mask(is_early, late)))
    labels = LabelHistory(cases).counts("all", cases).labels
    assert labels[cases.day > cases.day.max() - 5].max() > 0
    in_reach = LabelHistory(cases.take(~is_early.to_numpy())).counts("all", cases).labels
    np.testing.assert_array_equal(labels, in_reach)


def test_a_group_counts_the_labels_of_28_days_known_before_the_day_and_no_others() -> None:
    cases = Cases.from_frame(sample_cases(600, 60, seed=1, overruled=0))
    history = LabelHistory(cases)
    for kind in GROUPS:
        counts = history.counts(kind, cases)
        for index in range(0, len(cases), 37):
            is_known = (
                (cases.groups[kind] == cases.groups[kind][index])
                & (cases.settled_day < cases.day[index])
                & (cases.settled_day >= cases.day[index] - RATE_DAYS)
            )
            assert counts.labels[index] == is_known.sum()
            assert counts.wasted[index] == cases.is_wasted[is_known].sum()
            newest = cases.settled_day[is_known].max(initial=-(2**20) - 1)
            assert counts.known_us[index] == (newest + 1) * DAY_US


def test_what_happens_later_changes_no_feature_of_what_was_made_before() -> None:
    frame = sample_cases(3_000, 80, seed=2)
    rule = Rule(dict.fromkeys(GROUPS, 20.0))
    whole = Cases.from_frame(frame)
    after, _ = build_features(rule, LabelHistory(whole), whole)
    for day in ("2026-02-01", "2026-02-20", "2026-03-10"):
        then = known_by(frame, pd.Timestamp(day))
        cases = Cases.from_frame(then)
        before, _ = build_features(rule, LabelHistory(cases), cases)
        is_that_day = (then["usage_date"] == day).to_numpy()
        assert is_that_day.sum() > 10
        rows = frame.index.get_indexer(then.index)[is_that_day]
        for name in FEATURES:
            np.testing.assert_array_equal(before.values[name][is_that_day], after.values[name][rows], name)


def test_every_feature_is_stamped_and_none_later_than_its_generation() -> None:
    cases = Cases.from_frame(sample_cases(500, 60, seed=3))
    features, _ = build_features(Rule(dict.fromkeys(GROUPS, 20.0)), LabelHistory(cases), cases)
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
    cases = Cases.from_frame(sample_cases(300, 40, seed=4))
    late = Features({"final": np.ones(len(cases))}, {"final": cases.made_us + 1})
    with pytest.raises(LeakageError, match="final"):
        build_features(Rule(dict.fromkeys(GROUPS, 20.0)), LabelHistory(cases), cases, added=late)


def test_a_label_known_before_its_generation_is_refused() -> None:
    frame = sample_cases(300, 40, seed=5)
    has_label = frame.index[frame["known_on"].notna()]
    frame.loc[has_label[0], "known_on"] = frame.loc[has_label[0], "usage_date"] - pd.Timedelta(days=1)
    with pytest.raises(LeakageError, match="1 such cases"):
        LabelHistory(Cases.from_frame(frame))


def test_groups_of_one_name_in_two_workspaces_are_two_groups() -> None:
    frame = sample_cases(400, 60, seed=6, workspaces=1)
    twin = frame.assign(workspace_id="other", is_wasted=~frame["is_wasted"])
    alone, both = Cases.from_frame(frame), Cases.from_frame(pd.concat([frame, twin], ignore_index=True))
    first, second = LabelHistory(alone), LabelHistory(both)
    for kind in GROUPS:
        np.testing.assert_array_equal(
            first.counts(kind, alone).wasted, second.counts(kind, both).wasted[: len(alone)]
        )


def test_a_rate_of_few_labels_lies_near_that_of_the_wider_group() -> None:
    cases = Cases.from_frame(sample_cases(12_000, 100, seed=7, signal="group"))
    rule = Rule.fit(cases, cut=last_day())
    history = LabelHistory(cases)
    rates, sizes, _ = rule.rates(history, cases)
    own = history.counts("ruleset", cases)
    raw = own.wasted / np.maximum(own.labels, 1)
    is_between = (rates["ruleset"] - raw) * (rates["ruleset"] - rates["workspace"]) <= 1e-12
    assert is_between[own.labels > 0].all()
    assert sizes["ruleset"].max() > 20
    # rulesets differ here, members do not, and the labels show it
    assert rule.strengths["ruleset"] < 50 < rule.strengths["member"]


def test_no_case_at_all_is_no_error() -> None:
    nothing: Cases = Cases.from_frame(sample_cases(10, 20).iloc[:0])
    features, predicted = build_features(Rule.fit(nothing, cut=0), LabelHistory(nothing), nothing)
    assert len(nothing) == len(predicted) == len(features.matrix()) == 0


def test_an_unknown_label_is_not_a_label() -> None:
    cases = Cases.from_frame(sample_cases(500, 30, seed=8))
    assert (cases.known_day == UNKNOWN_DAY).sum() > 20
    everything = LabelHistory(cases).counts("all", cases)
    assert everything.labels.max() <= (cases.known_day < UNKNOWN_DAY).sum()


def test_a_sample_is_of_whole_products_and_the_same_whatever_else_there_is() -> None:
    frame = sample_cases(3_000, 60, seed=9)
    cases, half = Cases.from_frame(frame), Cases.from_frame(frame.iloc[::-1].iloc[:1_500])
    every = np.arange(len(cases))
    rows = sampled(cases, every, 301)
    assert len(rows) == 301
    assert (np.diff(cases.product[rows].astype(float)) >= 0).all()
    assert set(sampled(cases, every[:300], 301)) == set(every[:300])
    # all products up to one hash, of which only the last may be cut
    last = cases.product[rows].max()
    assert set(rows[cases.product[rows] < last]) == set(np.flatnonzero(cases.product < last))
    of_half = half.product[sampled(half, np.arange(1_500), 100)]
    assert of_half.max() <= last
    assert not set(rows) & set(sampled(cases, every, 301, from_end=True))


def test_of_one_product_alone_a_sample_has_as_many_as_allowed() -> None:
    cases = Cases.from_frame(sample_cases(500, 60, seed=9, workspaces=1).assign(product_id="chat"))
    rows = sampled(cases, np.arange(500), 200)
    assert len(rows) == 200
    # the same ones in the same order, in whatever order they come
    turned = cases.take(np.arange(500)[::-1])
    of_turned = turned.take(sampled(turned, np.arange(500), 200))
    np.testing.assert_array_equal(of_turned.identity(), cases.take(rows).identity())


def test_whatever_is_trained_on_is_in_the_identity_of_a_case() -> None:
    cases = Cases.from_frame(sample_cases(50, 60, seed=9, overruled=0.5))
    own = cases.identity()
    assert len(set(own)) == 50
    changed = {}
    times = ("made_us", "known_day", "settled_day", "settled_hours", "opposite_day", "opposite_hours")
    for name in ("product", *times):
        changed[name] = replace(cases, **{name: getattr(cases, name) + getattr(cases, name).dtype.type(1)})
    changed["is_wasted"] = replace(cases, is_wasted=~cases.is_wasted)
    for name in ("type", "category", "ruleset", "template", "model", "member"):
        changed[name] = replace(cases, groups={**cases.groups, name: ~cases.groups[name]})
    for name, values in cases.events.items():
        changed[name] = replace(cases, events={**cases.events, name: values + 1})
    for name, other in changed.items():
        is_known = np.isfinite(getattr(cases, name, own).astype(float))
        assert is_known.any(), name
        assert (other.identity() != own)[is_known].all(), name
    # the label of the day of the run, which no model is trained on
    pending = replace(cases, is_pending=~cases.is_pending)
    np.testing.assert_array_equal(pending.identity(), own)
