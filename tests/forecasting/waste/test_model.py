"""A stored model is used only if it is the registered one; otherwise the rule tells, and says so."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from support.waste_cases import MATURITY_DAYS, drawn, last_day

from forecasting.waste import model
from forecasting.waste.features import Cases, History, cases_of
from forecasting.waste.model import InUse, in_use, rule_of, version_of
from forecasting.waste.scoring import foretell, pending_sums, pending_waste
from forecasting.waste.serialization import ModelRefused, from_bytes

AS_OF = date(2026, 4, 10)
NOTHING = pd.DataFrame(columns=["model", "version", "hash"])


def tonight(cases: Cases, registry: pd.DataFrame = NOTHING, stored: bytes | None = None) -> InUse:
    return in_use(cases, registry, stored, as_of=AS_OF, maturity_days=MATURITY_DAYS)


@pytest.fixture(scope="module")
def cases() -> Cases:
    assert (AS_OF - date(1970, 1, 1)).days == last_day()
    return cases_of(drawn(8_000, 100, seed=1))


@pytest.fixture(scope="module")
def first(cases: Cases) -> InUse:
    return tonight(cases)


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: object, **__: object) -> None:
        raise AssertionError("nothing is to be learnt anew")

    monkeypatch.setattr(model, "train", train)


def chances(night: InUse, cases: Cases) -> np.ndarray:
    return foretell(night.rule, night.boosted, History(cases), cases, as_of=last_day()).at_first


def promoted(night: InUse) -> list[str]:
    return night.registry.loc[night.registry["promoted"], "model"].tolist()


def test_what_beats_the_rule_is_used_and_registered_with_its_hash(first: InUse) -> None:
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
def test_the_same_cases_use_the_stored_model_and_give_the_same_chances(cases: Cases, first: InUse) -> None:
    again = tonight(cases, first.registry, first.stored)
    np.testing.assert_array_equal(chances(again, cases), chances(first, cases))
    pd.testing.assert_frame_equal(again.registry, first.registry)


def test_learning_anew_from_the_same_cases_gives_the_same_model(cases: Cases, first: InUse) -> None:
    again = tonight(cases)
    np.testing.assert_array_equal(chances(again, cases), chances(first, cases))
    assert again.stored == first.stored
    pd.testing.assert_frame_equal(again.registry, first.registry)


@pytest.mark.usefixtures("no_training")
def test_a_changed_file_is_refused_by_name_and_the_rule_takes_over(cases: Cases, first: InUse) -> None:
    assert first.stored is not None
    tampered = first.stored[:-20] + bytes(20)
    night = tonight(cases, first.registry, tampered)
    assert night.boosted is None
    assert night.refused is not None
    assert "has the hash of the registry" in night.refused
    assert promoted(night) == ["waste_rule"]
    assert night.registry.set_index("model").loc["waste_boosting", "refused"] == night.refused
    assert night.stored == tampered
    # put right again, it is used again
    assert promoted(tonight(cases, night.registry, first.stored)) == ["waste_boosting"]


def test_a_changed_file_is_refused_also_when_there_is_more_to_learn(cases: Cases, first: InUse) -> None:
    assert first.stored is not None
    tampered = first.stored[:-20] + bytes(20)
    fewer = cases.take(np.arange(len(cases) - 1))
    night = tonight(fewer, first.registry, tampered)
    assert night.refused is not None
    assert promoted(night) == ["waste_rule"]
    assert night.stored == tampered
    again = tonight(fewer, night.registry, tampered)
    assert again.refused is not None
    # once it is deleted, it is learnt anew
    assert promoted(tonight(fewer, again.registry, None)) == ["waste_boosting"]


def test_a_file_that_is_gone_is_learnt_anew(cases: Cases, first: InUse) -> None:
    night = tonight(cases, first.registry, None)
    assert promoted(night) == ["waste_boosting"]
    assert night.stored is not None


def test_other_cases_are_another_version(cases: Cases, first: InUse) -> None:
    fewer = cases.take(np.arange(len(cases) - 1))
    terms = {"as_of": last_day(), "maturity_days": MATURITY_DAYS}
    assert version_of(fewer, **terms) != version_of(cases, **terms) == first.registry["version"][0]
    assert version_of(cases, as_of=last_day() + 1, maturity_days=14) != version_of(cases, **terms)


def test_a_type_that_no_such_model_has_is_refused_before_it_is_read() -> None:
    class Stranger:
        pass

    stored = skops.io.dumps([LogisticRegression(), Stranger()])
    with pytest.raises(ModelRefused, match="Stranger"):
        from_bytes(stored, registered=sha256(stored).hexdigest(), trusted=[])


def test_a_rule_whose_text_was_changed_is_refused(first: InUse) -> None:
    row = first.registry.set_index("model").loc["waste_rule"]
    assert rule_of(row["content"], registered=row["hash"]) == first.rule
    with pytest.raises(ModelRefused, match="text was changed"):
        rule_of(row["content"].replace("strengths", "strengths "), registered=row["hash"])


def test_few_cases_are_told_by_the_rule() -> None:
    few = cases_of(drawn(200, 60, seed=2))
    night = tonight(few)
    assert promoted(night) == ["waste_rule"]
    assert night.boosted is None
    told = chances(night, few)
    assert ((told > 0) & (told < 1)).all()


def test_no_case_at_all_gives_a_rule_and_no_chances() -> None:
    nothing = cases_of(drawn(10, 20).iloc[:0])
    night = tonight(nothing)
    assert promoted(night) == ["waste_rule"]
    assert len(chances(night, nothing)) == 0


def test_what_is_still_pending_late_is_likelier_waste_than_when_it_was_made(
    cases: Cases, first: InUse
) -> None:
    for boosted in (first.boosted, None):
        told = foretell(first.rule, boosted, History(cases), cases, as_of=last_day())
        is_late = (cases.day == last_day() - 13) & np.isinf(cases.settled_hours)
        assert is_late.sum() > 5
        assert told.now[is_late].mean() > told.at_first[is_late].mean() + 0.2


def test_expected_waste_adds_up_chances_and_stays_within_what_is_pending() -> None:
    frame = drawn(4_000, 100, seed=3)
    known = cases_of(frame)
    now = np.full(len(known), 0.25)
    sums = pending_sums(frame, known, now, as_of=last_day())
    told = pending_waste(sums, dispersion=4.0, is_informed=True)
    assert set(told["period"]) == {"7d", "30d", "90d"}
    is_pending = frame["known_on"].isna()
    is_young = frame["usage_date"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=7)
    for row in told.itertuples():
        mine = frame[is_pending & (frame["workspace_id"] == row.workspace_id)]
        counted = mine[is_young[mine.index]] if row.period == "7d" else mine
        pending = counted["credits"].sum()
        assert row.expected_credits == pytest.approx(0.25 * pending)
        assert 0 <= row.low_credits < row.expected_credits < row.high_credits <= pending
    wide = pending_waste(sums, dispersion=1e6, is_informed=True)
    assert (wide["low_credits"] == 0).all()
    np.testing.assert_array_equal(wide["high_credits"], sums["pending"])


def test_nothing_is_expected_while_no_label_is_known() -> None:
    frame = drawn(300, 10, seed=4)
    sums = pending_sums(frame, cases_of(frame), np.full(300, 0.5), as_of=last_day(10))
    assert pending_waste(sums, dispersion=4.0, is_informed=False).empty
