"""The waste classifier of a run: the rule, and the boosted model where it has passed promotion.

A stored model is read only if its hash is the registered one. Not here: where it is stored, or how it is
used (scoring.py).
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
from forecasting.waste.evaluation import (
    MAX_TRAINED,
    MAX_TRAINED_TO_TEST,
    MODELS,
    TRAINING_DAYS,
    Evaluation,
    evaluate,
    fit_boosting,
    fit_logistic,
    rows_of,
    training_rows,
)
from forecasting.waste.features import Cases, sampled
from forecasting.waste.hazards import Hazards
from forecasting.waste.matrix import FEATURES, build_features
from forecasting.waste.promotion import CANDIDATE, objections
from forecasting.waste.scoring import RuleState, shifts_of
from forecasting.waste.trees import ModelRefused, Trees, from_bytes, to_bytes

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SEED = 20260407
_EPOCH = date(1970, 1, 1)
PREFIX = "waste_"
LABEL = "disposition is wasted, known maturity_days after the generation or later; younger ones are censored"
USE = "Tells how likely credits of a kind of work end as waste. Not for judging people."
# a wide range before anything was tested
UNTESTED_DISPERSION = 4.0


@dataclass(frozen=True)
class Trained:
    """What a run trained.

    Attributes:
        version: fingerprint of the training cases and of the method.
        rule: always usable.
        candidate: the boosted model; None if too little was known to train it.
        evaluation: None if there was too little to test.
        objections: why the candidate is not used; empty if it is.
        coefficients: of the logistic twin, feature -> log odds that what is settled is waste, by one standard
            deviation.
    """

    version: str
    rule: RuleState
    candidate: Hazards[Trees] | None
    evaluation: Evaluation | None
    objections: tuple[str, ...]
    coefficients: Mapping[str, float]


def version_of(cases: Cases, *, cut: int, maturity_days: int) -> str:
    """A fingerprint of everything a model depends on; the same cases in any order give the same."""
    library = installed_version("scikit-learn")
    digest = sha256(f"{cut} {maturity_days} {SEED} {library} {FEATURES}".encode())
    digest.update(np.sort(cases.identity()).tobytes())
    return digest.hexdigest()[:12]


def train(cases: Cases, *, cut: int, maturity_days: int) -> Trained:
    """Train on what was known at the end of a day, test on the weeks before, and decide what is used.

    Args:
        cases: as they were known then.
        cut: that local day, counted from 1970.
        maturity_days: days content may wait for its outcome.
    """
    evaluation = evaluate(cases, as_of=cut, maturity_days=maturity_days, seed=SEED)
    rule, history = Rule.fit(cases, cut=cut), cases.history
    known = cases.take(sampled(cases, np.flatnonzero(cases.known_day <= cut), MAX_TRAINED))
    predicted = rule.predict(rule.rates(history, known)[0])
    against = objections(evaluation)
    candidate, coefficients = None, {}
    if evaluation is not None:
        training = cases.take(training_rows(cases, cut=cut, limit=MAX_TRAINED))
        features, _ = build_features(rule, history, training)
        candidate = fit_boosting(training, features, cut=cut, seed=SEED)
        few = training_rows(training, cut=cut, limit=MAX_TRAINED_TO_TEST)
        twin = fit_logistic(training.take(few), rows_of(features, few), cut=cut)
        coefficients = {} if twin is None else _coefficients(twin.wasted)
    if candidate is None and not against:
        against = ("too little is known to fit a model",)
    return Trained(
        version_of(cases, cut=cut, maturity_days=maturity_days),
        RuleState(
            dict(rule.strengths),
            shifts_of(known, predicted),
            evaluation.dispersion["rule"] if evaluation else UNTESTED_DISPERSION,
        ),
        candidate,
        evaluation,
        against,
        coefficients,
    )


@dataclass(frozen=True)
class ModelInUse:
    """The classifier that a run uses.

    Attributes:
        rule: always usable.
        boosted: None if the rule is used.
        dispersion: of what is used, see `pending_waste`.
        registry: the rows of the registry, exactly one promoted; `refused` is why a candidate is not read.
        stored: the candidate to store; None if there is none.
        refused: why a stored model is not used; None if it is not refused.
    """

    rule: RuleState
    boosted: Hazards[Trees] | None
    dispersion: float
    registry: pd.DataFrame
    stored: bytes | None
    refused: str | None

    @property
    def version(self) -> str:
        return str(self.registry["version"].iloc[0])

    @property
    def name(self) -> str:
        """Of the model in use, as the marts have it."""
        return "rule" if self.boosted is None else CANDIDATE


def choose_model(
    cases: Cases, registry: pd.DataFrame, stored: bytes | None, *, cut: int, maturity_days: int
) -> ModelInUse:
    """What was trained on the same cases before, or else what is trained on them now.

    So a run that changes nothing of what it is trained on trains nothing, and any way to the same cases gives
    the same probabilities.

    Args:
        cases: to train on.
        registry: the rows of the last run; empty if there are none.
        stored: the candidate as the last run stored it; None if the file is gone.
        cut: the local day up to whose end it is trained, counted from 1970.
        maturity_days: days content may wait for its outcome.
    """
    known = cases.known_at(cut, maturity_days=maturity_days, first_day=cut - TRAINING_DAYS + 1)
    version = version_of(known, cut=cut, maturity_days=maturity_days)
    if (registry["version"] == version).any() and (stored is not None or not stored_hash(registry)):
        return registered_model(registry, stored)
    _, refused = _read_candidate(registry, stored)
    trained = train(known, cut=cut, maturity_days=maturity_days)
    serialized = None if trained.candidate is None else to_bytes(vars(trained.candidate))
    trained_to = pd.Timestamp(_EPOCH) + pd.Timedelta(days=cut)
    rows = registry_rows(trained, serialized, trained_to=trained_to)
    if not refused:
        return _in_use(rows, serialized, trained.candidate, None)
    # a refused file stays as it is, with its hash, until somebody has looked at it
    rows.loc[rows["model"] == PREFIX + CANDIDATE, "hash"] = stored_hash(registry)
    return _in_use(rows, stored, None, refused)


def registered_model(registry: pd.DataFrame, stored: bytes | None) -> ModelInUse:
    """The models of a registry; the rule is used if the stored candidate is not the registered one."""
    candidate, refused = _read_candidate(registry, stored)
    return _in_use(registry, stored, candidate, refused)


def _in_use(
    rows: pd.DataFrame, stored: bytes | None, candidate: Hazards[Trees] | None, refused: str | None
) -> ModelInUse:
    cards = rows.set_index("model").to_dict("index")
    rule = read_rule(cards[PREFIX + "rule"]["content"], registered_hash=cards[PREFIX + "rule"]["hash"])
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
    return ModelInUse(rule, boosted, dispersion, rows, stored, refused)


def stored_hash(registry: pd.DataFrame) -> str:
    """The hash that rows of the registry have of the stored candidate; empty if none is stored."""
    return "".join(registry.loc[registry["model"] == PREFIX + CANDIDATE, "hash"])


def is_as_registered(registry: pd.DataFrame, stored: bytes | None) -> bool:
    """Whether the stored candidate is the registered one, and was not refused; then it need not be read."""
    found = "" if stored is None else sha256(stored).hexdigest()
    return bool(len(registry)) and found == stored_hash(registry) and bool(registry["refused"].isna().all())


def _read_candidate(registry: pd.DataFrame, stored: bytes | None) -> tuple[Hazards[Trees] | None, str | None]:
    """The stored candidate, or why it is refused; neither if nothing is stored or registered."""
    expected = stored_hash(registry)
    if stored is None or not expected:
        return None, None
    try:
        return Hazards(**from_bytes(stored, registered_hash=expected)), None
    except ModelRefused as error:
        return None, str(error)


def registry_rows(trained: Trained, stored: bytes | None, *, trained_to: pd.Timestamp) -> pd.DataFrame:
    """A model card for each of MODELS, as rows of the registry; `stored` is the serialized candidate.

    Returns:
        model, version, trained_to (datetime64), label, features, scores and content (JSON text), hash.
    """
    stored_as = "" if stored is None else sha256(stored).hexdigest()
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
            "trained_to": trained_to,
            "label": LABEL,
            "features": json.dumps(FEATURES),
            "scores": [_card(trained.evaluation, name) for name in MODELS],
            "hash": [
                stored_as if name == CANDIDATE else sha256(content[name].encode()).hexdigest()
                for name in MODELS
            ],
            "content": [content[name] for name in MODELS],
        }
    )


def read_rule(content: str, *, registered_hash: str) -> RuleState:
    """The rule of a registry row.

    Raises:
        ModelRefused: its text is not the registered one.
    """
    if sha256(content.encode()).hexdigest() != registered_hash:
        raise ModelRefused(
            "the rule has the hash of the registry; its text was changed. Run again with --full-refresh."
        )
    state = json.loads(content)
    return RuleState(state["strengths"], tuple(state["shifts"]), state["dispersion"])


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


def _coefficients(twin: Pipeline) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(FEATURES, twin[-1].coef_[0], strict=False)}
