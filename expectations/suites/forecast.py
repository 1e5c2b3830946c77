"""Gates on the depletion forecast: a row for each workspace, dates in order and only where they belong.

Not here: how good the forecast is; it is scored against what happened later.
"""

from itertools import pairwise

from expectations.gates import Check, Gate

_STATUSES = ("no_ledger", "already_empty", "no_burn", "insufficient_history", "beyond_horizon", "ok")
_PACED_STATUSES = ("ok", "insufficient_history", "beyond_horizon")
_DATES = tuple(f"depletes_on_{name}" for name in ("p025", "p5", "p10", "p50", "p90", "p975"))
_BALANCES = tuple(f"balance_{name}" for name in ("p10", "p25", "p50", "p75", "p90"))
_REPORT = "Report it with the usage and lots of this workspace"

_ONE_EACH = Check(
    name="every_workspace_has_one_forecast",
    rule="every workspace with a generation or a credit entry has one row of this as_of, no other has one",
    cases="""
        select workspace_id, sum(known) as known, sum(told) as told, sum(told_today) as told_today
        from (
            select workspace_id, 1 as known, 0 as told, 0 as told_today from facts.dim_reporting_workspaces
            union all
            select workspace_id, 0 as known, 1 as told,
                case when as_of = :as_of then 1 else 0 end as told_today
            from forecast.credit_depletion
        ) as both_sides
        group by workspace_id
        having sum(known) <> 1 or sum(told) <> 1 or sum(told_today) <> 1
    """,
    found=(
        "workspace {workspace_id}: {told} rows, {told_today} of this as_of, "
        "{known} in dim_reporting_workspaces"
    ),
    why="A workspace without a row reads as one that will never run out.",
    remedy=_REPORT,
)


_ONE_PROMOTED = Check(
    name="one_calibration_is_in_use",
    rule="exactly one version of the depletion range is promoted wherever there is a forecast",
    cases="""
        select sum(case when promoted then 1 else 0 end) as promoted_count
        from forecast.models
        where model = 'depletion_range'
        having
            coalesce(sum(case when promoted then 1 else 0 end), 0) <> 1
            and (select count(*) from forecast.credit_depletion) > 0
    """,
    found="{promoted_count} promoted versions",
    why="Nobody could say what the ranges rest on.",
    remedy=_REPORT,
)


def _out_of_order(names: tuple[str, ...]) -> str:
    """SQL: whether values, of which later ones may be null, do not rise in this order."""
    return " or ".join(
        f"coalesce({left} > {right}, {left} is null and {right} is not null)"
        for left, right in pairwise(names)
    )


_STARTS = Check(
    name="paths_start_at_what_is_left",
    rule="for every workspace with status ok or beyond_horizon, the paths start on as_of at what is left",
    cases=f"""
        select forecast.workspace_id, forecast.forecast_status, forecast.credits_remaining, paths.balance_p50
        from forecast.credit_depletion as forecast
        full outer join (select * from forecast.depletion_paths where forecast_date = :as_of) as paths
            on forecast.workspace_id = paths.workspace_id
        where
            coalesce(forecast.forecast_status in ('ok', 'beyond_horizon'), false)
            <> (paths.workspace_id is not null)
            or {" or ".join(f"{name} <> forecast.credits_remaining" for name in _BALANCES)}
    """,
    found="workspace {workspace_id}, {forecast_status}: {credits_remaining} left, paths from {balance_p50}",
    why="A chart that starts elsewhere than the number beside it is not believed.",
    remedy=_REPORT,
)

_PATHS_IN_ORDER = Check(
    name="path_quantiles_are_in_order",
    rule="balances of a day to come rise from P10 to P90, from 0 on, on days from as_of to 180 days after it",
    cases=f"""
        select workspace_id, forecast_date, balance_p10, balance_p90
        from forecast.depletion_paths
        where {_out_of_order(_BALANCES)} or coalesce(balance_p10 < 0, true) or balance_p90 is null
            or coalesce(forecast_date < :as_of or forecast_date > :as_of + 180, true)
    """,
    found="workspace {workspace_id} on {forecast_date}: P10 {balance_p10}, P90 {balance_p90}",
    why="Crossing or negative quantiles are no quantiles of a balance.",
    remedy=_REPORT,
)

_SCORED = Check(
    name="scores_are_of_past_days_and_fit_their_dates",
    rule="a scored forecast is as old as it is judged after, and its error is that between its dates",
    cases="""
        select workspace_id, as_of, kind, error_days
        from forecast.forecast_scores
        where
            coalesce(as_of > :as_of - 14, true)
            or coalesce(error_days <> abs(p50_days - true_days), true)
            or coalesce(pace_error_days <> abs(pace_days - true_days), true)
            or coalesce(true_days < 1 or true_days > judged_after_days, true)
            or is_covered_80 is null or is_covered_95 is null
            or (is_covered_80 and not is_covered_95)
    """,
    found="workspace {workspace_id}, {kind} forecast of {as_of}: error {error_days}",
    why="An accuracy that is not measured is worse than none.",
    remedy=_REPORT,
)


def _listed(statuses: tuple[str, ...]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)


def _row_check(name: str, rule: str, broken: str, why: str) -> Check:
    return Check(
        name=name,
        rule=rule,
        cases=f"select * from forecast.credit_depletion where {broken}",
        found=(
            "workspace {workspace_id}: status {forecast_status}, pace date {pace_date}, burnt "
            "{burn_rate_7d_credits} in {burn_rate_7d_days} days, {burn_rate_30d_credits} in "
            "{burn_rate_30d_days} days"
        ),
        why=why,
        remedy=_REPORT,
    )


GATES = (
    Gate(
        "forecast.credit_depletion",
        (
            _ONE_EACH,
            _ONE_PROMOTED,
            _row_check(
                "forecast_status_is_known",
                f"forecast_status is one of {', '.join(_STATUSES)}",
                f"forecast_status is null or forecast_status not in ({_listed(_STATUSES)})",
                "Reports choose their words by the status.",
            ),
            _row_check(
                "pace_date_stands_beside_its_statuses_only",
                f"a pace date stands only beside {', '.join(_PACED_STATUSES)}",
                "pace_date is not null "
                f"and (forecast_status is null or forecast_status not in ({_listed(_PACED_STATUSES)}))",
                "No status ever carries an invented date.",
            ),
            _row_check(
                "pace_date_lies_within_365_days",
                "a pace date lies between as_of and 365 days after it",
                "pace_date < :as_of or pace_date > :as_of + 365",
                "A date in the past or beyond the horizon is not what the current pace says.",
            ),
            _row_check(
                "burn_rates_are_not_negative",
                "the credits burnt are 0 or more, over 1 to 7 and 1 to 30 days",
                "burn_rate_7d_credits < 0 or burn_rate_7d_days not between 1 and 7 "
                "or burn_rate_30d_credits < 0 or burn_rate_30d_days not between 1 and 30",
                "Every date here is what remains divided by these.",
            ),
            _row_check(
                "date_quantiles_are_in_order",
                "P2.5 <= P5 <= P10 <= P50 <= P90 <= P97.5, where null is beyond the horizon",
                _out_of_order(_DATES),
                "A range that crosses itself is no range.",
            ),
            _row_check(
                "date_quantiles_stand_beside_ok_only",
                "quantile dates and buy_by run_state beside status ok only, P50 always, all within 365 days",
                "(forecast_status = 'ok') <> (depletes_on_p50 is not null) "
                "or (forecast_status = 'ok') <> (buy_by is not null) or "
                + " or ".join(
                    f"({name} is not null and forecast_status <> 'ok') "
                    f"or {name} <= :as_of or {name} > :as_of + 365"
                    for name in _DATES
                ),
                "No status ever carries an invented date.",
            ),
            _row_check(
                "nothing_negative_is_to_be_bought",
                "credits to buy are 0 or more, and the chance before a grant is 0 to 1 and stands beside one",
                "credits_to_buy < 0 or chance_empty_before_grant not between 0 and 1 "
                "or (chance_empty_before_grant is not null and next_grant_on is null)",
                "People buy what is written there.",
            ),
        ),
    ),
    Gate("forecast.depletion_paths", (_STARTS, _PATHS_IN_ORDER)),
    Gate("forecast.forecast_scores", (_SCORED,)),
)
