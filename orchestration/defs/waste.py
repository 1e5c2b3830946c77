"""facts -> waste: how likely each generation ends as waste, and the models that predict it.

The arithmetic does not belong here: it is in forecasting/waste/.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from forecasting.waste.model import choose_model, is_as_registered, stored_hash
from forecasting.waste.promotion import CANDIDATE
from forecasting.waste.scoring import pending_sums, pending_waste, predict_waste
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.model_store import ModelFile
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql
from orchestration.warehouse.waste_inputs import cases_to_score, registry_of, training_cases

_REGISTERED = """
    select
        model, version, cast(trained_to as date) as trained_to, label, features, scores, hash, promoted,
        content, cast(refused as varchar) as refused
    from frame
"""
_PROBABILITIES = read_sql(__file__, "waste.probabilities")
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
            deps=[["facts", "ml_waste_cases"]],
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
    if run.is_unchanged(warehouse, lake, settings):
        if is_as_registered(registry, stored):
            for table in _TABLES:
                yield dg.MaterializeResult(asset_key=["waste", table], metadata={"unchanged": True})
            return
        run.write_new_tables(warehouse, lake, settings)
    as_of = run.as_of_date(warehouse)
    today = (as_of - date(1970, 1, 1)).days
    history_days = int(dbt.variables["waste_history_days"])
    training = training_cases(warehouse, as_of=as_of, days=history_days)
    current = choose_model(
        training.cases,
        registry,
        stored,
        as_of=as_of,
        maturity_days=int(dbt.variables["maturity_days"]),
    )
    if current.refused:
        context.log.warning(current.refused)
    kept = ModelFile(settings.models_dir, stored_hash(current.registry))
    if current.stored is not None and current.stored != stored:
        kept.write(current.stored)
    name = "rule" if current.boosted is None else CANDIDATE
    scored, sums = [], []
    for part in cases_to_score(warehouse, training, as_of=as_of, days=int(dbt.variables["detail_days"])):
        predicted = predict_waste(
            current.rule, current.boosted, training.cases.history, part.cases, as_of=today
        )
        scored.append(part.ids[["row_id"]].assign(waste_probability=predicted.at_first))
        sums.append(pending_sums(part.ids, part.cases, predicted.now, as_of=today))
    probabilities = pd.concat(scored).assign(model_used=name)
    rows = warehouse.replace("waste.probabilities", probabilities, select=_PROBABILITIES)
    yield dg.MaterializeResult(
        asset_key=["waste", "probabilities"], metadata={"dagster/row_count": rows, "model_used": name}
    )
    pending = pending_waste(
        pd.concat(sums).groupby(["workspace_id", "period"], as_index=False).sum(),
        dispersion=current.dispersion,
        is_informed=bool((training.cases.known_day <= today).any()),
    )
    rows = warehouse.replace("waste.pending_waste", pending, select=_PENDING)
    yield dg.MaterializeResult(asset_key=["waste", "pending_waste"], metadata={"dagster/row_count": rows})
    # last: a registry that names the model says that the tables above are by it
    rows = warehouse.replace("waste.models", current.registry, select=_REGISTERED)
    kept.remove_others()
    promoted = current.registry[current.registry["promoted"]].iloc[0]
    yield dg.MaterializeResult(
        asset_key=["waste", "models"],
        metadata={"dagster/row_count": rows, "used": promoted["model"], "scores": promoted["scores"]},
    )
