"""facts -> forecast: when credits run out, what to buy, and how good such forecasts have been.

The arithmetic does not belong here: that is forecasting/.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import numpy as np
import pandas as pd

from forecasting.budgets.forecast import BUDGET_ROW, forecast_budgets, no_forecasts
from forecasting.budgets.scores import COLUMNS, KIND, score_budgets
from forecasting.depletion.backtest import (
    days_as_floats,
    days_until_empty,
    origins_to_replay,
    replay,
    score_forecasts,
    scoring_delay_days,
)
from forecasting.depletion.calibration import shipped_calibration
from forecasting.depletion.deciding_charge import find_deciding_charges
from forecasting.depletion.forecast import Method, forecast_depletion
from forecasting.depletion.recalibration import recalibrate
from forecasting.depletion.schema import DECIDING_CHARGE_ROW, FORECAST_ROW, PATHS_ROW
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.exact_sql import columns_of
from orchestration.warehouse.forecast_inputs import (
    ENTRIES,
    PLANS,
    USAGE,
    budget_history_of,
    calibration_of,
    history_of,
    method_of,
)
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.sql_files import read_sql

_FORECAST = f"select {columns_of(FORECAST_ROW)} from frame"
_PATHS = f"select {columns_of(PATHS_ROW)} from frame"
_CHARGES = f"select {columns_of(DECIDING_CHARGE_ROW)} from frame"
_BUDGETS = f"select {columns_of(BUDGET_ROW)} from frame"
_SCORES = read_sql(__file__, "forecast.forecast_scores")
_SCORED = [*COLUMNS, "kind"]
_REGISTERED = """
    select
        model, version, cast(trained_to as date) as trained_to, label, features, scores, hash, promoted,
        content
    from frame
"""

_FACTS = [
    ["facts", "fct_credit_balance_daily"],
    ["facts", "fct_credit_lots"],
    ["facts", "fct_implausible_charges"],
    ["facts", "fct_usage_by_day"],
    ["facts", "dim_reporting_workspaces"],
    ["staging", "stg_credit_packs"],
]


@dg.asset(
    key=["forecast", "models"],
    deps=_FACTS,
    group_name="forecast",
    kinds={"python"},
)
def models(run: RunContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """What the forecast's ranges are calibrated on: public series, or this warehouse if that is better.

    One row per model and version; the one in use is promoted.
    """
    as_of = run.as_of_date(warehouse)
    candidates = recalibrate(history_of(warehouse), shipped_calibration(), as_of=as_of)
    rows = warehouse.replace("forecast.models", candidates, select=_REGISTERED)
    promoted = candidates[candidates["promoted"]].iloc[0]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "promoted": f"{promoted['label']}, {promoted['version']}",
            "scores": promoted["scores"],
        }
    )


@dg.multi_asset(
    name="depletion",
    specs=[
        dg.AssetSpec(
            key=["forecast", table],
            deps=[*_FACTS, ["facts", "fct_credit_entries"], ["forecast", "models"]],
            group_name="forecast",
            description=description,
            kinds={"python"},
        )
        for table, description in {
            "credit_depletion": "One row per workspace: when its credits run out as seen from as_of, and "
            "what to buy. Forecasts of earlier days are in the journal.",
            "depletion_paths": "One row per workspace and future day: quantiles of its closing balance.",
            "deciding_charges": "One row per workspace whose state one implausible charge decides: it, and "
            "the state without it.",
        }.items()
    ],
)
def depletion(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.MaterializeResult]:
    """Simulate demand against the lots available, and find when they run out, and what charge decides it."""
    as_of = run.as_of_date(warehouse)
    history, method = history_of(warehouse), method_of(warehouse, dbt.variables)
    forecast = forecast_depletion(history, as_of=as_of, method=method)
    rows = warehouse.replace("forecast.credit_depletion", forecast.dates, select=_FORECAST)
    statuses = forecast.dates["forecast_status"].value_counts().to_dict()
    yield dg.MaterializeResult(
        asset_key=["forecast", "credit_depletion"],
        metadata={"dagster/row_count": rows, "as_of": str(as_of), "statuses": statuses},
    )
    rows = warehouse.replace("forecast.depletion_paths", forecast.paths, select=_PATHS)
    yield dg.MaterializeResult(
        asset_key=["forecast", "depletion_paths"], metadata={"dagster/row_count": rows}
    )
    charges = find_deciding_charges(
        history, warehouse.query(ENTRIES), forecast.dates, as_of=as_of, method=method
    )
    rows = warehouse.replace("forecast.deciding_charges", charges, select=_CHARGES)
    yield dg.MaterializeResult(
        asset_key=["forecast", "deciding_charges"], metadata={"dagster/row_count": rows}
    )


_BUDGET_FACTS = [
    ["dimensions", "dim_budget_periods"],
    ["facts", "fct_budget_usage_daily"],
    ["facts", "fct_lot_draws_daily"],
    ["facts", "fct_credit_balance_daily"],
]


@dg.asset(
    key=["forecast", "budget_forecast"],
    deps=[*_BUDGET_FACTS, ["facts", "dim_reporting_workspaces"], ["forecast", "models"]],
    group_name="forecast",
    kinds={"python"},
)
def budget_forecast(run: RunContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """What the scope of each budget uses until the open period ends, by the same method as the depletion.

    One row per workspace, budget and open period; none without budgets.
    """
    found = no_forecasts()
    if history := budget_history_of(warehouse):
        calibration = calibration_of(warehouse)
        found = forecast_budgets(history, as_of=run.as_of_date(warehouse), calibration=calibration)
    rows = warehouse.replace("forecast.budget_forecast", found, select=_BUDGETS)
    return dg.MaterializeResult(metadata={"dagster/row_count": rows})


@dg.asset(
    key=["forecast", "forecast_scores"],
    deps=[
        *_FACTS,
        *_BUDGET_FACTS[:-1],
        ["forecast", "models"],
        ["facts", "fct_credit_entries"],
        ["facts", "int_generations_classified"],
        ["dimensions", "dim_credit_plans"],
        ["journal", "depletion_forecast"],
    ],
    group_name="forecast",
    kinds={"python"},
)
def forecast_scores(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Errors of past forecasts and of the pace date: published ones that are due now, and replayed past days.

    One row per workspace, as_of, kind, amount and budget.
    """
    as_of = run.as_of_date(warehouse)
    method = method_of(warehouse, dbt.variables)
    replayed = replay(origins_to_replay(history_of(warehouse), as_of=as_of), calibration=method.calibration)
    published = published_scores(warehouse, method, as_of=as_of)
    parts = [published.assign(kind="published", amount_days=0), replayed.assign(kind="replayed")]
    if budgets := budget_history_of(warehouse):
        of_budgets = score_budgets(budgets, as_of=as_of, calibration=method.calibration)
        parts.append(of_budgets.assign(kind=KIND))
    scores = pd.concat([part.reindex(columns=_SCORED) for part in parts], ignore_index=True)
    rows = warehouse.replace("forecast.forecast_scores", scores, select=_SCORES)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "published": len(published), "replayed": len(replayed)}
    )


def published_scores(warehouse: Warehouse, method: Method, *, as_of: date) -> pd.DataFrame:
    """The scores of forecasts that were published, are due by as_of and have not been scored."""
    first_due = as_of - pd.Timedelta(days=int(scoring_delay_days(np.zeros(1))[0]))
    due = warehouse.query(read_sql(__file__, "published_forecasts_due", latest=first_due))
    median = days_as_floats(due["p50_days"])
    age = (pd.Timestamp(as_of) - due["as_of"].astype("datetime64[us]")).dt.days.to_numpy()
    due = due[age >= scoring_delay_days(median)].reset_index(drop=True)
    true_days = days_until_empty(
        due,
        *map(warehouse.query, (ENTRIES, USAGE, PLANS)),
        as_of=as_of,
        policy=method.policy,
    )
    return score_forecasts(due, true_days)
