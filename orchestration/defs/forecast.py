"""facts -> forecast: when credits run out, what to buy, and how good such forecasts have been.

The arithmetic does not belong here: it is forecasting/.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import numpy as np
import pandas as pd

from forecasting.depletion.backtest import (
    days_told,
    days_until_empty,
    judged_after,
    origins_to_replay,
    replay,
    score,
)
from forecasting.depletion.calibration import shipped_calibration
from forecasting.depletion.forecast import Method, forecast_depletion
from forecasting.depletion.recalibration import recalibrate
from orchestration.defs.resources import RunContext
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.exact_sql import credits_of
from orchestration.warehouse.forecast_inputs import ENTRIES, USAGE, history_of, method_of
from orchestration.warehouse.protocol import Warehouse

_QUANTILES = ("p025", "p5", "p10", "p50", "p90", "p975")
_FORECAST = f"""
    select
        workspace_id,
        cast(as_of as date) as as_of,
        forecast_status,
        {credits_of("credits_remaining")},
        {credits_of("burn_rate_7d_credits")},
        burn_rate_7d_days,
        {credits_of("burn_rate_30d_credits")},
        burn_rate_30d_days,
        cast(pace_date as date) as pace_date,
        {", ".join(f"cast(depletes_on_{name} as date) as depletes_on_{name}" for name in _QUANTILES)},
        cast(empty_since as date) as empty_since,
        cast(next_grant_on as date) as next_grant_on,
        cast(chance_empty_before_grant as decimal(5, 4)) as chance_empty_before_grant,
        lead_time_days,
        cast(buy_by as date) as buy_by,
        {credits_of("credits_to_buy")},
        cast(recommended_packs as varchar) as recommended_packs,
        cast(packs_price as decimal(24, 12)) as packs_price,
        cast(packs_currency as varchar) as packs_currency,
        {credits_of("expiring_credits")},
        history_days,
        {credits_of("capped_credits")},
        calibration_version
    from frame
    """
_PATHS = f"""
    select
        workspace_id, cast(forecast_date as date) as forecast_date,
        {", ".join(credits_of(f"balance_{name}") for name in ("p10", "p25", "p50", "p75", "p90"))}
    from frame
"""
_DUE = """
    select
        workspace_id, as_of,
        date_diff('day', as_of, depletes_on_p025) as p025_days,
        date_diff('day', as_of, depletes_on_p10) as p10_days,
        date_diff('day', as_of, depletes_on_p50) as p50_days,
        date_diff('day', as_of, depletes_on_p90) as p90_days,
        date_diff('day', as_of, depletes_on_p975) as p975_days,
        date_diff('day', as_of, pace_date) as pace_days
    from (
        select *, row_number() over (partition by workspace_id, as_of order by told_at desc) as told_rank
        from journal.depletion_forecast
    ) as told
    where told_rank = 1 and forecast_status = 'ok' and as_of <= date '{latest}'
        and (workspace_id, as_of) not in (select workspace_id, as_of from journal.forecast_scores)
        and workspace_id in (select workspace_id from facts.dim_reporting_workspaces)
    order by workspace_id, as_of
"""
_SCORES = """
    select
        workspace_id, cast(as_of as date) as as_of, kind, horizon_bucket, judged_after_days,
        cast(amount_days as bigint) as amount_days,
        cast(true_days as bigint) as true_days, cast(p50_days as bigint) as p50_days,
        cast(pace_days as bigint) as pace_days, is_covered_80, is_covered_95,
        cast(error_days as bigint) as error_days, cast(pace_error_days as bigint) as pace_error_days
    from frame
"""
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
    """What the forecast's ranges are calibrated on: public series, or this warehouse's own if that is better.

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
            deps=[*_FACTS, ["forecast", "models"]],
            group_name="forecast",
            description=description,
            kinds={"python"},
        )
        for table, description in {
            "credit_depletion": "One row per workspace: when its credits run out as seen from as_of, and "
            "what to buy. The forecasts of earlier days stay in the journal.",
            "depletion_paths": "One row per workspace and day to come: quantiles of what is left at its end.",
        }.items()
    ],
)
def depletion(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.MaterializeResult]:
    """Let demand meet the lots there are, and say when they are used up."""
    as_of = run.as_of_date(warehouse)
    forecast = forecast_depletion(
        history_of(warehouse), as_of=as_of, method=method_of(warehouse, dbt.variables)
    )
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


@dg.asset(
    key=["forecast", "forecast_scores"],
    deps=[
        *_FACTS,
        ["forecast", "models"],
        ["facts", "fct_credit_entries"],
        ["journal", "depletion_forecast"],
    ],
    group_name="forecast",
    kinds={"python"},
)
def forecast_scores(
    run: RunContext, dbt: dg.ResourceParam[DbtProject], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """How far forecasts were off, beside the pace: those published that are due now, and past days replayed.

    One row per workspace, as_of, kind and amount.
    """
    as_of = run.as_of_date(warehouse)
    method = method_of(warehouse, dbt.variables)
    replayed = replay(origins_to_replay(history_of(warehouse), as_of=as_of), calibration=method.calibration)
    published = published_scores(warehouse, method, as_of=as_of)
    scores = pd.concat(
        [published.assign(kind="published", amount_days=0), replayed.assign(kind="replayed")],
        ignore_index=True,
    )
    rows = warehouse.replace("forecast.forecast_scores", scores, select=_SCORES)
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "published": len(published), "replayed": len(replayed)}
    )


def published_scores(warehouse: Warehouse, method: Method, *, as_of: date) -> pd.DataFrame:
    """The scores of forecasts that were published, are due by as_of and have not been scored."""
    first_due = as_of - pd.Timedelta(days=int(judged_after(np.zeros(1))[0]))
    told = warehouse.query(_DUE.format(latest=first_due))
    median = days_told(told["p50_days"])
    age = (pd.Timestamp(as_of) - told["as_of"].astype("datetime64[us]")).dt.days.to_numpy()
    told = told[age >= judged_after(median)].reset_index(drop=True)
    true_days = days_until_empty(
        told, warehouse.query(ENTRIES), warehouse.query(USAGE), as_of=as_of, policy=method.policy
    )
    return score(told, true_days)
