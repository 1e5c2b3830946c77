"""facts -> waste: how likely each generation ends as waste, and the models that predict it.

The arithmetic does not belong here: it is in forecasting/waste/.
"""

from collections.abc import Iterable, Iterator
from datetime import date

import dagster as dg
import pandas as pd

from forecasting.waste.evaluation import trained_to
from forecasting.waste.features import RATE_DAYS, LabelHistory
from forecasting.waste.model import ModelInUse, choose_model, is_as_registered, registered_model, stored_hash
from forecasting.waste.scoring import (
    cases_on,
    days_to_score,
    has_labels,
    is_trained_on_the_same,
    other_days,
    pending_sums,
    pending_waste,
    predict_waste,
    with_model,
)
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.model_store import ModelFile
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.waste_inputs import (
    ReadCases,
    Window,
    case_days,
    cases_of,
    labels_since,
    periods_of,
    previous_case_days,
    probabilities_of,
    registry_of,
    training_cases,
)

_REGISTERED = """
    select
        model, version, cast(trained_to as date) as trained_to, label, features, scores, hash, promoted,
        content, cast(refused as varchar) as refused
    from frame
"""
_PROBABILITIES = read_sql(__file__, "waste.probabilities")
_CASE_DAYS = """
    select
        kind, date '1970-01-01' + cast(day as integer) as day, cast(found as bigint) as found,
        cast(hash as varchar) as hash
    from frame
"""
_PENDING = read_sql(__file__, "waste.pending_waste")
_TABLES = {
    "models": "One row per model and version: training data, scores in the test weeks, and whether it is "
    "promoted.",
    "probabilities": "One row per succeeded generation of the last 90 days: the probability that it ends "
    "as waste, as predicted right after it was generated.",
    "pending_waste": "One row per workspace and period with pending credits: the part expected to end as "
    "waste.",
}


@dg.multi_asset(
    name="waste_classifier",
    specs=[
        dg.AssetSpec(
            key=["waste", table],
            deps=[["facts", "ml_waste_cases"], ["dimensions", "dim_periods"]],
            group_name="waste",
            description=description,
            kinds={"python", "scikitlearn"},
        )
        for table, description in _TABLES.items()
    ],
)
def waste_classifier(
    context: dg.AssetExecutionContext,
    run: RunContext,
    settings: dg.ResourceParam[Settings],
    dbt: dg.ResourceParam[DbtProject],
    lake: dg.ResourceParam[Lake],
    warehouse: dg.ResourceParam[Warehouse],
) -> Iterator[dg.MaterializeResult]:
    """Train the waste model, promote it if it beats the rule, and score generations and pending credits."""
    registry = registry_of(warehouse)
    stored = ModelFile(settings.models_dir, stored_hash(registry)).read()
    is_stored = is_as_registered(registry, stored)
    if run.is_unchanged(warehouse, lake, settings):
        if is_stored:
            for table in _TABLES:
                yield dg.MaterializeResult(asset_key=["waste", table], metadata={"unchanged": True})
            return
        run.write_new_tables(warehouse, lake, settings)
    as_of = run.as_of_date(warehouse)
    today = (as_of - date(1970, 1, 1)).days
    window = Window.of(warehouse, as_of=as_of, days=int(dbt.variables["waste_history_days"]))
    maturity_days = int(dbt.variables["maturity_days"])
    cut = trained_to(today, first_day=window.first_day)
    before = previous_case_days(warehouse)
    now = case_days(warehouse, window, cut=cut, detail_days=int(dbt.variables["detail_days"]))
    training = None
    if is_stored and is_trained_on_the_same(before, now):
        current = registered_model(registry, stored)
    else:
        training = training_cases(warehouse, window)
        current = choose_model(training.cases, registry, stored, cut=cut, maturity_days=maturity_days)
    if current.refused:
        context.log.warning(current.refused)
    kept = ModelFile(settings.models_dir, stored_hash(current.registry))
    if current.stored is not None and current.stored != stored:
        kept.write(current.stored)
    definitions = run.run_state(warehouse, lake, settings).definitions
    now = with_model(now, f"{current.version} {current.name} {window.counted} {definitions}", day=today)
    days = days_to_score(before, now, pending_since=today - maturity_days + 1)
    if training is None:
        history = labels_since(warehouse, window, int(days.min(initial=today)) - RATE_DAYS)
    else:
        history = training.cases.history
    parts: Iterable[ReadCases]
    if training is not None and window.is_counted_whole:
        parts = [training.of_days(days)]
    else:
        parts = cases_of(warehouse, days, found=cases_on(now, days))
    del training  # large, and not needed beside what is scored
    probabilities, sums = _score(parts, current, history, today=today)
    unchanged = other_days(now, days)
    if len(unchanged):
        probabilities = pd.concat([probabilities, probabilities_of(warehouse, unchanged)])
    # nothing is known of the tables below until all of them are written: after a kill every day is scored
    warehouse.replace("waste.case_days", now.iloc[:0], select=_CASE_DAYS)
    rows = warehouse.replace("waste.probabilities", probabilities, select=_PROBABILITIES)
    yield dg.MaterializeResult(
        asset_key=["waste", "probabilities"],
        metadata={"dagster/row_count": rows, "model_used": current.name, "days_scored": len(days)},
    )
    pending = pending_waste(
        sums, periods_of(warehouse), dispersion=current.dispersion, is_informed=has_labels(now)
    )
    rows = warehouse.replace("waste.pending_waste", pending, select=_PENDING)
    yield dg.MaterializeResult(asset_key=["waste", "pending_waste"], metadata={"dagster/row_count": rows})
    rows = warehouse.replace("waste.models", current.registry, select=_REGISTERED)
    kept.remove_others()
    # last: it says that the tables above are by the registered model
    warehouse.replace("waste.case_days", now, select=_CASE_DAYS)
    promoted = current.registry[current.registry["promoted"]].iloc[0]
    yield dg.MaterializeResult(
        asset_key=["waste", "models"],
        metadata={"dagster/row_count": rows, "used": promoted["model"], "scores": promoted["scores"]},
    )


def _score(
    parts: Iterable[ReadCases], current: ModelInUse, history: LabelHistory, *, today: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The probability of each case, and the sums of what is pending by workspace and day."""
    scored, sums = [], []
    for part in parts:
        predicted = predict_waste(current.rule, current.boosted, history, part.cases, as_of=today)
        # copied, since columns of one type share their memory, and the others are not needed
        ids = part.ids[["row_id", "usage_date"]].copy()
        scored.append(ids.assign(waste_probability=predicted.at_first))
        sums.append(pending_sums(part.ids, part.cases, predicted.now))
    return (
        pd.concat(scored, ignore_index=True).assign(model_used=current.name),
        pd.concat(sums).groupby(["workspace_id", "day"], as_index=False).sum(),
    )
