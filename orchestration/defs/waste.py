"""facts -> waste: how likely each generation ends as waste, and the models that tell.

The arithmetic does not belong here: it is forecasting/waste_*.py.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandas as pd

from forecasting.waste.features import History, cases_of
from forecasting.waste.model import in_use, stored_hash
from forecasting.waste.promotion import CANDIDATE
from forecasting.waste.scoring import foretell, pending_sums, pending_waste
from orchestration.defs.resources import RunContext
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.model_store import ModelFile
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.waste_inputs import cases_to_score, learning_cases, registry_of

_REGISTERED = """
    select
        model, version, cast(trained_to as date) as trained_to, label, features, scores, hash, promoted,
        content, cast(refused as varchar) as refused
    from frame
"""
_PROBABILITIES = """
    select
        cast(row_id as bigint) as row_id,
        cast(waste_probability as decimal(7, 6)) as waste_probability,
        model_used
    from frame
"""
_PENDING = """
    select
        cast(workspace_id as varchar) as workspace_id, cast(period as varchar) as period,
        cast(expected_credits as decimal(38, 6)) as expected_credits,
        cast(low_credits as decimal(38, 6)) as low_credits,
        cast(high_credits as decimal(38, 6)) as high_credits
    from frame
"""
_TABLES = {
    "models": "One row per model and version: what it learnt from, how it did in the test weeks, and whether "
    "it is used.",
    "probabilities": "One row per succeeded generation of the last 90 days: how likely it was to end as "
    "waste, as known right after it was made.",
    "pending_waste": "One row per workspace and period with pending credits: how much of them is expected "
    "to end as waste.",
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
    warehouse: dg.ResourceParam[Warehouse],
) -> Iterator[dg.MaterializeResult]:
    """Learn what ends as waste, use what beats the rule, and tell it of generations and pending credits."""
    as_of = run.as_of_date(warehouse)
    today = (as_of - date(1970, 1, 1)).days
    learnt = cases_of(learning_cases(warehouse))
    registry = registry_of(warehouse)
    stored = ModelFile(settings.models_dir, stored_hash(registry)).read()
    tonight = in_use(
        learnt,
        registry,
        stored,
        as_of=as_of,
        maturity_days=int(dbt.variables["maturity_days"]),
    )
    if tonight.refused:
        context.log.warning(tonight.refused)
    kept = ModelFile(settings.models_dir, stored_hash(tonight.registry))
    if tonight.stored is not None and tonight.stored != stored:
        kept.write(tonight.stored)
    rows = warehouse.replace("waste.models", tonight.registry, select=_REGISTERED)
    kept.remove_others()
    promoted = tonight.registry[tonight.registry["promoted"]].iloc[0]
    yield dg.MaterializeResult(
        asset_key=["waste", "models"],
        metadata={"dagster/row_count": rows, "used": promoted["model"], "scores": promoted["scores"]},
    )
    name = "rule" if tonight.boosted is None else CANDIDATE
    history, scored, sums = History(learnt), [], []
    for frame in cases_to_score(warehouse, as_of=as_of, days=int(dbt.variables["detail_days"])):
        cases = cases_of(frame)
        told = foretell(tonight.rule, tonight.boosted, history, cases, as_of=today)
        scored.append(pd.DataFrame({"row_id": frame["row_id"], "waste_probability": told.at_first}))
        sums.append(pending_sums(frame, cases, told.now, as_of=today))
    probabilities = pd.concat(scored).assign(model_used=name)
    rows = warehouse.replace("waste.probabilities", probabilities, select=_PROBABILITIES)
    yield dg.MaterializeResult(
        asset_key=["waste", "probabilities"], metadata={"dagster/row_count": rows, "model_used": name}
    )
    pending = pending_waste(
        pd.concat(sums).groupby(["workspace_id", "period"], as_index=False).sum(),
        dispersion=tonight.dispersion,
        is_informed=bool((learnt.known_day <= today).any()),
    )
    rows = warehouse.replace("waste.pending_waste", pending, select=_PENDING)
    yield dg.MaterializeResult(asset_key=["waste", "pending_waste"], metadata={"dagster/row_count": rows})
