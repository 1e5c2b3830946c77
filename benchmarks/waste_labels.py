"""Labels counted from the day they are settled, against labels counted 14 days after the generation.

Not here: how labels are counted (forecasting/waste/features.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting.waste.evaluation import MODELS, WeekTerms, test_weeks
from forecasting.waste.features import UNKNOWN_DAY, Cases
from forecasting.waste.metrics import average_precision, bootstrap


def compare_labels(
    cases: Cases, *, as_of: int, maturity_days: int, seed: int, weeks: int
) -> pd.DataFrame | None:
    """Average precision and Brier score of each model with both; None if no week can be tested with both.

    Returns:
        A row for each of MODELS: both figures with 14-day and with fresh labels, and the lead of fresh labels
        in average precision with its 90 % range, by bootstrap over products.
    """
    late = replace(
        cases,
        settled_day=cases.known_day,
        settled_hours=np.where(cases.known_day < UNKNOWN_DAY, cases.settled_hours, np.inf),
        opposite_day=np.full(len(cases), UNKNOWN_DAY),
        opposite_hours=np.full(len(cases), np.inf),
    )
    terms = WeekTerms(as_of, maturity_days, seed)
    tested = {
        name: test_weeks(cases, labelled, terms, weeks=weeks)
        for name, labelled in {"14 days": late, "fresh": cases}.items()
    }
    if not tested["fresh"] or [len(week.test) for week in tested["fresh"]] != [
        len(week.test) for week in tested["14 days"]
    ]:
        return None
    labels, products = (
        np.concatenate([getattr(week.test, name) for week in tested["fresh"]])
        for name in ("is_wasted", "product")
    )
    rows = {}
    for model in MODELS:
        both = {
            name: np.concatenate([week.probabilities[model] for week in of]) for name, of in tested.items()
        }
        sampled = bootstrap(labels, both, products, seed=seed)
        low, middle, high = np.quantile(sampled["fresh"] - sampled["14 days"], [0.05, 0.5, 0.95])
        rows[model] = {
            **{f"{name} labels": average_precision(labels, values) for name, values in both.items()},
            "lead": middle,
            "from": low,
            "to": high,
            **{f"Brier, {name}": float(((values - labels) ** 2).mean()) for name, values in both.items()},
        }
    return pd.DataFrame(rows).T
