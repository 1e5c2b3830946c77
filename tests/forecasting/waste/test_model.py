"""A stored model is used only if it is the registered one; otherwise the rule is used."""

from __future__ import annotations

import io
import json
from datetime import date
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from support.waste_cases import FIRST, MATURITY_DAYS, last_day, sample_cases

from forecasting.waste import model
from forecasting.waste.features import Cases, LabelHistory
from forecasting.waste.model import (
    ModelInUse,
    choose_model,
    is_as_registered,
    read_rule,
    registered_model,
    version_of,
)
from forecasting.waste.scoring import pending_sums, pending_waste, predict_waste
from forecasting.waste.trees import ModelRefused, from_bytes

AS_OF = date(2026, 4, 10)
NOTHING = pd.DataFrame(columns=["model", "version", "hash"])


def choose(cases: Cases, registry: pd.DataFrame = NOTHING, stored: bytes | None = None) -> ModelInUse:
    return choose_model(cases, registry, stored, cut=last_day(), maturity_days=MATURITY_DAYS)


@pytest.fixture(scope="module")
def cases() -> Cases:
    assert (AS_OF - date(1970, 1, 1)).days == last_day()
    return Cases.from_frame(sample_cases(4_000, 100, seed=1))


@pytest.fixture(scope="module")
def first(cases: Cases) -> ModelInUse:
    return choose(cases)


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be trained again")

    monkeypatch.setattr(model, "train", train)


def probabilities(chosen: ModelInUse, cases: Cases) -> np.ndarray:
    return predict_waste(chosen.rule, chosen.boosted, LabelHistory(cases), cases, as_of=last_day()).at_first


def promoted(chosen: ModelInUse) -> list[str]:
    return chosen.registry.loc[chosen.registry["promoted"], "model"].tolist()


def test_what_beats_the_rule_is_used_and_registered_with_its_hash(first: ModelInUse) -> None:
    assert promoted(first) == ["waste_boosting"]
    assert first.stored is not None
    card = first.registry.set_index("model").loc["waste_boosting"]
    assert card["hash"] == sha256(first.stored).hexdigest()
    assert json.loads(card["content"])["use"].endswith("Not for judging people.")
    scores = json.loads(card["scores"])
    assert scores["test_weeks"] == 6
    assert scores["average_precision"] > scores["base_rate"]
    assert first.registry["model"].tolist() == ["waste_rule", "waste_logistic", "waste_boosting"]


@pytest.mark.usefixtures("no_training")
def test_the_same_cases_use_the_stored_model_and_give_the_same_probabilities(
    cases: Cases, first: ModelInUse
) -> None:
    again = choose(cases, first.registry, first.stored)
    np.testing.assert_array_equal(probabilities(again, cases), probabilities(first, cases))
    pd.testing.assert_frame_equal(again.registry, first.registry)


def test_training_again_on_the_same_cases_gives_the_same_model(cases: Cases, first: ModelInUse) -> None:
    again = choose(cases)
    np.testing.assert_array_equal(probabilities(again, cases), probabilities(first, cases))
    assert again.stored == first.stored
    pd.testing.assert_frame_equal(again.registry, first.registry)


@pytest.mark.usefixtures("no_training")
def test_a_changed_file_is_refused_by_name_and_the_rule_takes_over(cases: Cases, first: ModelInUse) -> None:
    assert first.stored is not None
    tampered = first.stored[:-20] + bytes(20)
    chosen = choose(cases, first.registry, tampered)
    assert chosen.boosted is None
    assert chosen.refused is not None
    assert "has the hash of the registry" in chosen.refused
    assert promoted(chosen) == ["waste_rule"]
    assert chosen.registry.set_index("model").loc["waste_boosting", "refused"] == chosen.refused
    assert chosen.stored == tampered
    # put right again, it is used again
    assert promoted(choose(cases, chosen.registry, first.stored)) == ["waste_boosting"]


@pytest.mark.slow
def test_a_changed_file_is_refused_also_when_the_cases_have_changed(cases: Cases, first: ModelInUse) -> None:
    assert first.stored is not None
    tampered = first.stored[:-20] + bytes(20)
    fewer = cases.take(np.arange(len(cases) - 1))
    chosen = choose(fewer, first.registry, tampered)
    assert chosen.refused is not None
    assert promoted(chosen) == ["waste_rule"]
    assert chosen.stored == tampered
    again = choose(fewer, chosen.registry, tampered)
    assert again.refused is not None
    # once it is deleted, the model is trained again
    assert promoted(choose(fewer, again.registry, None)) == ["waste_boosting"]


@pytest.mark.slow
def test_a_model_whose_file_is_gone_is_trained_again(cases: Cases, first: ModelInUse) -> None:
    chosen = choose(cases, first.registry, None)
    assert promoted(chosen) == ["waste_boosting"]
    assert chosen.stored is not None


def test_only_a_stored_model_that_is_the_registered_one_need_not_be_read(
    cases: Cases, first: ModelInUse
) -> None:
    assert first.stored is not None
    assert is_as_registered(first.registry, first.stored)
    assert not is_as_registered(first.registry, None)
    assert not is_as_registered(first.registry, first.stored + b"x")
    assert not is_as_registered(NOTHING, None)
    # put right again, what was refused is to be used again
    refused = choose(cases, first.registry, first.stored[:-20] + bytes(20))
    assert not is_as_registered(refused.registry, first.stored)


def test_other_cases_are_another_version(cases: Cases, first: ModelInUse) -> None:
    fewer = cases.take(np.arange(len(cases) - 1))
    known = cases.known_at(last_day(), maturity_days=MATURITY_DAYS)
    terms = {"cut": last_day(), "maturity_days": MATURITY_DAYS}
    assert choose(fewer).registry["version"][0] != first.registry["version"][0] == version_of(known, **terms)
    assert version_of(known, cut=last_day() + 1, maturity_days=14) != version_of(known, **terms)


def test_the_order_in_which_cases_are_read_changes_nothing(cases: Cases, first: ModelInUse) -> None:
    shuffled = cases.take(np.random.default_rng(1).permutation(len(cases)))
    again = choose(shuffled)
    assert again.stored == first.stored
    pd.testing.assert_frame_equal(again.registry, first.registry)


def test_what_happens_after_the_day_a_model_is_trained_to_trains_no_other() -> None:
    frame, cut = sample_cases(2_000, 220, seed=5), last_day(210)
    versions = []
    for days in (210, 211, 220):
        then = frame[frame["usage_date"] < FIRST + pd.Timedelta(days=days)]
        cases = Cases.from_frame(then[then["usage_date"] >= FIRST + pd.Timedelta(days=days - 180)])
        rows = choose_model(cases, NOTHING, None, cut=cut, maturity_days=MATURITY_DAYS).registry
        assert rows["trained_to"][0] == FIRST + pd.Timedelta(days=209)
        versions.append(rows["version"][0])
    assert len(set(versions)) == 1


def test_a_stored_model_is_numbers_and_nothing_in_it_is_run() -> None:
    pickled = io.BytesIO()
    np.savez(pickled, **{"settled/values": np.array([date(2026, 4, 10)], dtype=object)})
    stored = pickled.getvalue()
    with pytest.raises(ValueError, match="allow_pickle=False"):
        from_bytes(stored, registered_hash=sha256(stored).hexdigest())


def test_a_stored_model_predicts_as_it_did_before_it_was_stored(cases: Cases, first: ModelInUse) -> None:
    assert first.stored is not None
    read = registered_model(first.registry, first.stored)
    np.testing.assert_array_equal(probabilities(read, cases), probabilities(first, cases))


def test_a_rule_whose_text_was_changed_is_refused(first: ModelInUse) -> None:
    row = first.registry.set_index("model").loc["waste_rule"]
    assert read_rule(row["content"], registered_hash=row["hash"]) == first.rule
    with pytest.raises(ModelRefused, match="text was changed"):
        read_rule(row["content"].replace("strengths", "strengths "), registered_hash=row["hash"])


def test_few_cases_are_predicted_by_the_rule() -> None:
    few = Cases.from_frame(sample_cases(200, 60, seed=2))
    chosen = choose(few)
    assert promoted(chosen) == ["waste_rule"]
    assert chosen.boosted is None
    predicted = probabilities(chosen, few)
    assert ((predicted > 0) & (predicted < 1)).all()


def test_no_case_at_all_gives_a_rule_and_no_probabilities() -> None:
    nothing = Cases.from_frame(sample_cases(10, 20).iloc[:0])
    chosen = choose(nothing)
    assert promoted(chosen) == ["waste_rule"]
    assert len(probabilities(chosen, nothing)) == 0


def test_what_is_still_pending_late_is_likelier_waste_than_when_it_was_made(
    cases: Cases, first: ModelInUse
) -> None:
    for boosted in (first.boosted, None):
        predicted = predict_waste(first.rule, boosted, LabelHistory(cases), cases, as_of=last_day())
        is_late = (cases.day == last_day() - 13) & np.isinf(cases.settled_hours)
        assert is_late.sum() > 5
        assert predicted.now[is_late].mean() > predicted.at_first[is_late].mean() + 0.2


def test_expected_waste_sums_probabilities_and_stays_within_what_is_pending() -> None:
    frame = sample_cases(4_000, 100, seed=3)
    known = Cases.from_frame(frame)
    now = np.full(len(known), 0.25)
    sums = pending_sums(frame, known, now)
    days = {"7d": (last_day() - 6, last_day()), "last_month": (last_day() - 40, last_day() - 5)}
    periods = pd.DataFrame(
        [
            (workspace, period, *ends)
            for workspace in frame["workspace_id"].unique()
            for period, ends in days.items()
        ],
        columns=["workspace_id", "period", "first_day", "last_day"],
    )
    predicted = pending_waste(sums, periods, dispersion=4.0, is_informed=True)
    assert len(predicted) == len(periods) == 6
    for row in predicted.itertuples():
        first, last = days[str(row.period)]
        is_counted = frame["known_on"].isna() & (frame["workspace_id"] == row.workspace_id)
        pending = frame["credits"][is_counted & (first <= known.day) & (known.day <= last)].sum()
        assert row.expected_credits == pytest.approx(0.25 * pending)
        assert 0 <= row.low_credits < row.expected_credits < row.high_credits <= pending
    wide = pending_waste(sums, periods[periods["period"] == "7d"], dispersion=1e6, is_informed=True)
    assert (wide["low_credits"] == 0).all()
    of_week = sums[sums["day"] > last_day() - 7].groupby("workspace_id")["pending"].sum()
    np.testing.assert_array_equal(wide["high_credits"], of_week)


def test_nothing_is_expected_while_no_label_is_known() -> None:
    frame = sample_cases(300, 10, seed=4)
    sums = pending_sums(frame, Cases.from_frame(frame), np.full(300, 0.5))
    of_all = sums[["workspace_id"]].drop_duplicates().assign(period="90d", first_day=0, last_day=last_day(10))
    assert not pending_waste(sums, of_all, dispersion=4.0, is_informed=True).empty
    assert pending_waste(sums, of_all, dispersion=4.0, is_informed=False).empty
