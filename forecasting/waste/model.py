"""The waste classifier of a night: the rule, and the boosted model where it has passed the gate.

A stored model is read back only if its hash is the registered one and every type in it is on the list below;
pickle is never read. Not here: where it is stored, or how it is used (waste_scoring.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecasting.waste.baseline import Rule
from forecasting.waste.evaluation import MODELS, Evaluation, evaluate, fitted, learnt_from
from forecasting.waste.features import Cases, History
from forecasting.waste.matrix import FEATURES, features_of
from forecasting.waste.promotion import CANDIDATE, objections
from forecasting.waste.scoring import RuleState, shifts_of
from forecasting.waste.serialization import ModelRefused, from_bytes, to_bytes

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

SEED = 20260407
PREFIX = "waste_"
LABEL = "disposition is wasted, known maturity_days after the generation or later; younger ones are censored"
USE = "Tells how likely credits of a kind of work end as waste. Not for judging people."
# all that a stored model may hold beside plain numbers, texts and lists
TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
# of a wide range where nothing was tested yet
UNTESTED_DISPERSION = 4.0


@dataclass(frozen=True)
class Trained:
    """What a night has learnt.

    Attributes:
        version: fingerprint of what was learnt from, and of how.
        rule: always usable.
        candidate: the boosted model; None if there was too little to learn from.
        evaluation: None if there was too little to test.
        objections: why the candidate is not used; empty if it is.
        coefficients: of the logistic twin, feature -> log odds of waste against unsettled by one standard
            deviation.
    """

    version: str
    rule: RuleState
    candidate: BaseEstimator | None
    evaluation: Evaluation | None
    objections: tuple[str, ...]
    coefficients: Mapping[str, float]


def version_of(cases: Cases, *, as_of: int, maturity_days: int) -> str:
    """A fingerprint of all that a model is made from; the same cases in the same order give the same."""
    library = installed_version("scikit-learn")
    digest = sha256(f"{as_of} {maturity_days} {SEED} {library} {FEATURES}".encode())
    for values in (
        cases.made_us,
        cases.known_day,
        cases.is_wasted,
        cases.settled_hours,
        cases.product,
        *cases.groups.values(),
        *cases.events.values(),
    ):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:12]


def train(cases: Cases, *, as_of: int, maturity_days: int) -> Trained:
    """Learn from all that is known at the end of as_of, test it on the weeks before, and decide what is used.

    Args:
        cases: of the last half year or so, in an order that does not depend on how they came.
        as_of: a local day, counted from 1970.
        maturity_days: how long content may wait for its outcome.
    """
    evaluation = evaluate(cases, as_of=as_of, maturity_days=maturity_days, seed=SEED)
    rule, history = Rule.fit(cases, cut=as_of), History(cases)
    known = cases.take(cases.known_day <= as_of)
    foretold = rule.foretold(rule.rates(history, known)[0])
    against = objections(evaluation)
    candidate, coefficients = None, {}
    if evaluation is not None:
        learnt = cases.take(learnt_from(cases, cut=as_of, seed=SEED))
        features, _ = features_of(rule, history, learnt)
        candidate = fitted(CANDIDATE, learnt, features, cut=as_of, seed=SEED)
        twin = fitted("logistic", learnt, features, cut=as_of, seed=SEED)
        coefficients = {} if twin is None else _coefficients(twin)
    if candidate is None and not against:
        against = ("too little is known to fit a model",)
    return Trained(
        version_of(cases, as_of=as_of, maturity_days=maturity_days),
        RuleState(
            dict(rule.strengths),
            shifts_of(known, foretold),
            evaluation.dispersion["rule"] if evaluation else UNTESTED_DISPERSION,
        ),
        candidate,
        evaluation,
        against,
        coefficients,
    )


@dataclass(frozen=True)
class InUse:
    """What tells tonight.

    Attributes:
        rule: always usable.
        boosted: None if the rule is used.
        dispersion: of what is used, see `pending_waste`.
        registry: the rows of the registry, exactly one promoted; `refused` says why a candidate is not read.
        stored: the candidate as it is to be kept; None if there is none.
        refused: why a stored model is not used; None if none was refused.
    """

    rule: RuleState
    boosted: BaseEstimator | None
    dispersion: float
    registry: pd.DataFrame
    stored: bytes | None
    refused: str | None


def in_use(
    cases: Cases, registry: pd.DataFrame, stored: bytes | None, *, as_of: date, maturity_days: int
) -> InUse:
    """What tells tonight: what was learnt from these very cases before, or else what is learnt from them now.

    So a night that knows nothing new trains nothing, and any way to the same cases gives the same chances.

    Args:
        cases: to learn from.
        registry: the rows of the last run; empty if there are none.
        stored: the candidate as the last run kept it; None if it is gone.
        as_of: the day to report. maturity_days: how long content may wait for its outcome.
    """
    today = (as_of - date(1970, 1, 1)).days
    version = version_of(cases, as_of=today, maturity_days=maturity_days)
    candidate, refused = _read(registry, stored)
    if (registry["version"] == version).any() and (stored is not None or not stored_hash(registry)):
        rows = registry
    else:
        trained = train(cases, as_of=today, maturity_days=maturity_days)
        candidate = trained.candidate
        learnt = None if candidate is None else to_bytes(candidate)
        rows = registered(trained, learnt, as_of=pd.Timestamp(as_of))
        if refused:
            # what was refused stays as it is, file and hash, until somebody has looked at it
            rows.loc[rows["model"] == PREFIX + CANDIDATE, "hash"] = stored_hash(registry)
        else:
            stored = learnt
    cards = rows.set_index("model").to_dict("index")
    rule = rule_of(cards[PREFIX + "rule"]["content"], registered=cards[PREFIX + "rule"]["hash"])
    card = json.loads(cards[PREFIX + CANDIDATE]["content"])
    boosted = None if refused or card["objections"] else candidate
    used = PREFIX + ("rule" if boosted is None else CANDIDATE)
    rows = rows.assign(
        promoted=rows["model"] == used,
        refused=pd.Series(refused, index=rows.index, dtype=object).where(
            rows["model"] == PREFIX + CANDIDATE, None
        ),
    )
    dispersion = rule.dispersion if boosted is None else card["dispersion"]
    return InUse(rule, boosted, dispersion, rows, stored, refused)


def stored_hash(registry: pd.DataFrame) -> str:
    """The hash that rows of the registry have of the stored candidate; empty if none is stored."""
    return "".join(registry.loc[registry["model"] == PREFIX + CANDIDATE, "hash"])


def _read(registry: pd.DataFrame, stored: bytes | None) -> tuple[BaseEstimator | None, str | None]:
    """The stored candidate, or why it is refused; neither if nothing is stored or was registered."""
    expected = stored_hash(registry)
    if stored is None or not expected:
        return None, None
    try:
        return from_bytes(stored, registered=expected, trusted=TRUSTED), None
    except ModelRefused as error:
        return None, str(error)


def registered(trained: Trained, stored: bytes | None, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """A model card for each of MODELS, as rows of the registry; `stored` is the candidate as it is kept.

    Returns:
        model, version, trained_to (datetime64), label, features, scores and content (JSON text), hash.
    """
    kept = "" if stored is None else sha256(stored).hexdigest()
    content = {
        "rule": trained.rule.to_json(),
        "logistic": json.dumps({"coefficients": trained.coefficients}, sort_keys=True),
        CANDIDATE: json.dumps(
            {
                "use": USE,
                "dispersion": trained.evaluation.dispersion[CANDIDATE] if trained.evaluation else None,
                "objections": trained.objections,
                "importance": trained.evaluation.importance if trained.evaluation else {},
            },
            sort_keys=True,
        ),
    }
    return pd.DataFrame(
        {
            "model": [PREFIX + name for name in MODELS],
            "version": trained.version,
            "trained_to": as_of,
            "label": LABEL,
            "features": json.dumps(FEATURES),
            "scores": [_card(trained.evaluation, name) for name in MODELS],
            "hash": [
                kept if name == CANDIDATE else sha256(content[name].encode()).hexdigest() for name in MODELS
            ],
            "content": [content[name] for name in MODELS],
        }
    )


def rule_of(content: str, *, registered: str) -> RuleState:
    """The rule of a registry row.

    Raises:
        ModelRefused: its text is not the one that was registered.
    """
    if sha256(content.encode()).hexdigest() != registered:
        raise ModelRefused(
            "the rule has the hash of the registry; its text was changed. Run again with --full-refresh."
        )
    told = json.loads(content)
    return RuleState(told["strengths"], tuple(told["shifts"]), told["dispersion"])


def _card(evaluation: Evaluation | None, name: str) -> str:
    if evaluation is None:
        return json.dumps({"test_cases": 0})
    scores = {key: _rounded(value) for key, value in asdict(evaluation.scores[name]).items()}
    groups = {kind: _rounded(error) for kind, error in evaluation.groups[name].items()}
    tested = {
        "test_weeks": evaluation.weeks,
        "test_cases": evaluation.cases,
        "base_rate": _rounded(evaluation.base_rate),
    }
    return json.dumps(tested | scores | {"calibration_error_by_group": groups})


def _rounded(value: object) -> object:
    if not isinstance(value, float):
        return value
    return None if np.isnan(value) else round(value, 4)


def _coefficients(twin: BaseEstimator) -> dict[str, float]:
    against_unsettled = twin[-1].coef_[2] - twin[-1].coef_[0]
    return {name: round(float(value), 4) for name, value in zip(FEATURES, against_unsettled, strict=False)}
