"""A warehouse's own calibration: fitted when there is enough, promoted when it is better."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from support.depletion_rows import AS_OF, MICRO, ago

from forecasting.depletion.calibration import Calibration, shipped_calibration
from forecasting.depletion.inputs import CreditHistory
from forecasting.depletion.recalibration import recalibrate
from forecasting.depletion.synthetic_cases import fit_on, origins_of


def warehouse(count: int, days: int) -> CreditHistory:
    """Workspaces with nearly constant use: far narrower ranges than on the public series."""
    rng = np.random.default_rng(2)
    rows = [
        (f"w{number:03d}", ago(day), round(float(rng.normal(100, 3)) * MICRO))
        for number in range(count)
        for day in range(days)
    ]
    usage = pd.DataFrame(rows, columns=["workspace_id", "usage_date", "credits_micro"])
    balances = pd.DataFrame(
        columns=["workspace_id", "usage_date", "closing_micro", "overage_micro", "before_ledger_micro"]
    )
    workspaces = pd.DataFrame(
        {"workspace_id": [f"w{number:03d}" for number in range(count)], "lead_time_days": 3}
    )
    lots = pd.DataFrame(
        columns=["workspace_id", "lot_id", "lot_status", "priority", "effective_on", "expires_on"]
    )
    return CreditHistory(balances, lots, usage, workspaces)


def test_with_too_little_history_the_shipped_one_is_used() -> None:
    for count, days in ((29, 150), (40, 119)):
        found = recalibrate(warehouse(count, days), shipped_calibration(), as_of=AS_OF)
        assert found["version"].tolist() == [shipped_calibration().version]
        assert found["promoted"].tolist() == [True]


def test_a_better_one_of_its_own_is_promoted_and_can_be_read_back() -> None:
    found = recalibrate(warehouse(30, 150), shipped_calibration(), as_of=AS_OF)
    own = found[found["promoted"]].iloc[0]
    assert own["label"] == "this warehouse's own history" and own["trained_to"] == pd.Timestamp(AS_OF)
    scores = json.loads(own["scores"])
    assert scores["own"] < scores["shipped"]
    assert (
        Calibration.from_json(own["content"], name="it").version
        == own["version"]
        != shipped_calibration().version
    )
    again = recalibrate(warehouse(30, 150), shipped_calibration(), as_of=AS_OF)
    pd.testing.assert_frame_equal(again, found)


def test_one_that_is_not_better_is_registered_and_not_used() -> None:
    known = warehouse(30, 150)
    rng = np.random.default_rng(2)
    ideal = fit_on([rng.normal(100, 3, 150) for _ in range(400)], label="ideal", rng=np.random.default_rng(9))
    found = recalibrate(known, ideal, as_of=AS_OF)
    assert len(found) == 2 and found["promoted"].sum() == 1
    promoted = found[found["promoted"]].iloc[0]
    scores = json.loads(found[found["label"] != "ideal"]["scores"].iloc[0])
    assert (promoted["label"] == "ideal") == (scores["shipped"] <= scores["own"])


def test_a_history_too_sparse_to_fit_does_not_stop_the_forecast() -> None:
    """One credit on the first day and none since: nothing is ever used up, so nothing can be fitted."""
    known = warehouse(30, 150)
    sparse = known.usage[known.usage["usage_date"] == ago(149)]
    usage = sparse.assign(credits_micro=MICRO)
    found = recalibrate(
        CreditHistory(known.balances, known.lots, usage, known.workspaces), shipped_calibration(), as_of=AS_OF
    )
    assert found["promoted"].tolist() == [True]
    assert "Give longer series" in json.loads(found["scores"].iloc[0])["why_not"]


def test_the_origins_of_a_half_are_those_found_in_that_half_alone() -> None:
    rng = np.random.default_rng(3)
    series = [rng.gamma(2.0, 50.0, days) for days in (140, 290, 330, 350, 360)]
    first_days = [20_000 - len(values) for values in series]
    whole = origins_of(series, first_days=first_days)
    for half in (0, 1):
        alone = origins_of(series[half::2], first_days=first_days[half::2])
        fitted = [
            fit_on(series[half::2], label="half", rng=np.random.default_rng(0), origins=origins)
            for origins in (alone, whole.of_half(half))
        ]
        assert fitted[0].hash == fitted[1].hash
