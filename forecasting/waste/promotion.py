"""What a model must reach to be used instead of the rule.

Not here: how it is measured (evaluation.py).
"""

from __future__ import annotations

import math

from forecasting.waste.evaluation import Evaluation

CANDIDATE = "boosting"
LEAD = 0.02
LIFT = 1.3
BRIER_RATIO = 0.95
CALIBRATION_ERROR = 0.05
GROUP_ERROR = 0.10
# a single feature that explains so much is the outcome, not what was known before it
JUMP = 0.10
JUMP_SHARE = 0.5


def objections(evaluation: Evaluation | None) -> tuple[str, ...]:
    """Why the rule is used instead of the candidate; empty if the candidate is promoted."""
    if evaluation is None:
        return ("too little is known yet to test a model",)
    model, rule = evaluation.scores[CANDIDATE], evaluation.scores["rule"]
    lead = model.average_precision - rule.average_precision
    found = []
    if lead < LEAD:
        found.append(f"average precision {lead:+.3f} against the rule, {LEAD:+.2f} is needed")
    if model.lead_low <= 0:
        found.append(f"the range of that lead begins at {model.lead_low:+.3f}, it must be above 0")
    if model.average_precision < LIFT * evaluation.base_rate:
        found.append(
            f"average precision {model.average_precision:.3f} is below {LIFT} x the base rate of "
            f"{evaluation.base_rate:.3f}"
        )
    if model.brier > BRIER_RATIO * rule.brier:
        found.append(f"Brier score {model.brier:.4f}, at most {BRIER_RATIO} x the rule's {rule.brier:.4f}")
    if model.calibration_error > CALIBRATION_ERROR:
        found.append(f"calibration error {model.calibration_error:.3f}, at most {CALIBRATION_ERROR:.2f}")
    if not math.isnan(model.worst_group_error) and model.worst_group_error > GROUP_ERROR:
        found.append(
            f"calibration error {model.worst_group_error:.3f} in one {model.worst_group}, at most "
            f"{GROUP_ERROR:.2f}"
        )
    if evaluation.jump > min(JUMP, JUMP_SHARE * (1 - evaluation.without)):
        found.append(
            f"added features lift average precision from {evaluation.without:.3f} by {evaluation.jump:.3f}; "
            f"more than {JUMP:.2f} or half of what is left to 1 is taken for a leak. Find out how they can "
            "be known so early, then add them to FEATURES"
        )
    return tuple(found)
