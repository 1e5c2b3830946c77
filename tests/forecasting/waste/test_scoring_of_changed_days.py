"""Only days whose probabilities can have changed are scored again, and all of those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.waste.scoring import (
    COLUMNS,
    cases_on,
    days_to_score,
    has_labels,
    is_trained_on_the_same,
    other_days,
    with_model,
)

TODAY = 200
PENDING_SINCE = 187


def days_of(**changed: str) -> pd.DataFrame:
    """What the days 111 to TODAY hash to; `changed` by kind and day: cases_150="x"."""
    rows = [("cases", day, 10, "c") for day in range(111, TODAY + 1)]
    rows += [("labels", day, 5, "l") for day in range(60, TODAY + 1)]
    rows += [("overruled", 140, 1, "o"), ("training", 100, 9, "t"), ("training", 101, 9, "t")]
    hashes = {
        (kind, int(day)): value for (kind, day), value in ((k.split("_"), v) for k, v in changed.items())
    }
    return pd.DataFrame(
        [(kind, day, found, hashes.get((kind, day), hash_)) for kind, day, found, hash_ in rows],
        columns=COLUMNS,
    )


def scored(before: pd.DataFrame, now: pd.DataFrame, *, model: str = "m", now_model: str = "m") -> list[int]:
    days = days_to_score(
        with_model(before, model, day=TODAY - 1),
        with_model(now, now_model, day=TODAY),
        pending_since=PENDING_SINCE,
    )
    return days.tolist()


PENDING = list(range(PENDING_SINCE, TODAY + 1))


def test_without_a_change_only_what_can_be_pending_is_scored() -> None:
    assert scored(days_of(), days_of()) == PENDING


def test_a_day_with_another_case_is_scored() -> None:
    assert scored(days_of(), days_of(cases_150="x")) == [150, *PENDING]
    more = days_of()
    more.loc[(more["kind"] == "cases") & (more["day"] == 150), "found"] = 11
    assert scored(days_of(), more) == [150, *PENDING]


@pytest.mark.parametrize("kind", ["labels", "overruled"])
def test_another_label_of_a_day_is_in_the_rates_of_the_28_days_after_it(kind: str) -> None:
    assert scored(days_of(), days_of(**{f"{kind}_140": "x"})) == [*range(141, 169), *PENDING]
    gone = days_of()
    gone = gone[(gone["kind"] != kind) | (gone["day"] != 140)]
    assert scored(days_of(), gone) == [*range(141, 169), *PENDING]


def test_another_model_scores_every_day() -> None:
    every = list(range(111, TODAY + 1))
    assert scored(days_of(), days_of(), now_model="other") == every
    assert (
        days_to_score(
            pd.DataFrame(columns=COLUMNS), with_model(days_of(), "m", day=TODAY), pending_since=PENDING_SINCE
        ).tolist()
        == every
    )


def test_days_not_scored_are_the_others_and_cases_are_counted() -> None:
    now = days_of()
    days = np.array([111, 112, 199])
    assert len(other_days(now, days)) == 90 - 3
    assert cases_on(now[now["day"] != 112], days).tolist() == [10, 0, 10]


def test_a_model_is_the_same_if_the_days_it_is_trained_on_are() -> None:
    assert is_trained_on_the_same(days_of(), days_of(cases_150="x", labels_190="x"))
    assert not is_trained_on_the_same(days_of(), days_of(training_100="x"))
    assert not is_trained_on_the_same(pd.DataFrame(columns=COLUMNS), days_of())
    without = days_of()
    assert not is_trained_on_the_same(without[without["day"] != 101], days_of())


def test_no_label_at_all_is_known_to_be_none() -> None:
    now = days_of()
    assert has_labels(now)
    assert not has_labels(now[now["kind"].isin(["cases", "training"])])
