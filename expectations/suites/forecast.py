"""Gates on the depletion forecast: a row for each workspace, dates in order and only where they belong.

Not here: how good the forecast is; it is scored against what happened later.
"""

from itertools import pairwise

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_STATUSES = ("no_ledger", "already_empty", "no_burn", "insufficient_history", "beyond_horizon", "ok")
_PACED_STATUSES = ("ok", "insufficient_history", "beyond_horizon")
_DATES = tuple(f"depletes_on_{name}" for name in ("p025", "p5", "p10", "p50", "p90", "p975"))
_BALANCES = tuple(f"balance_{name}" for name in ("p10", "p25", "p50", "p75", "p90"))
_REPORT = "Report it with the usage and lots of this workspace"

_ONE_EACH = Check(
    name="every_workspace_has_one_forecast",
    rule="every workspace with a generation or a credit entry has one row of this as_of, no other has one",
    cases=read_sql("forecast/every_workspace_has_one_forecast"),
    found=(
        "workspace {workspace_id}: {actual} rows, {of_as_of} of this as_of, "
        "{expected} in dim_reporting_workspaces"
    ),
    why="A workspace without a row reads as one that will never run out.",
    remedy=_REPORT,
)


_ONE_PROMOTED = Check(
    name="one_calibration_is_in_use",
    rule="exactly one version of the depletion range is promoted wherever there is a forecast",
    cases=read_sql("forecast/one_calibration_is_in_use"),
    found="{promoted_count} promoted versions",
    why="The ranges cannot be traced to one calibration.",
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
    cases=read_sql("forecast/paths_start_at_what_is_left"),
    found="workspace {workspace_id}, {forecast_status}: {credits_remaining} left, paths from {balance_p50}",
    why="A chart that does not start at the number next to it is not trusted.",
    remedy=_REPORT,
)

_PATHS_IN_ORDER = Check(
    name="path_quantiles_are_in_order",
    rule="balances of a day to come rise from P10 to P90, from 0 on, on days from as_of to 180 days after it",
    cases=read_sql("forecast/path_quantiles_are_in_order"),
    found="workspace {workspace_id} on {forecast_date}: P10 {balance_p10}, P90 {balance_p90}",
    why="Crossing or negative quantiles are no quantiles of a balance.",
    remedy=_REPORT,
)

_SCORED = Check(
    name="scores_are_of_past_days_and_fit_their_dates",
    rule="a forecast is scored once it is due, and its error is the difference of its dates",
    cases=read_sql("forecast/scores_are_of_past_days_and_fit_their_dates"),
    found="workspace {workspace_id}, {kind} forecast of {as_of}: error {error_days}",
    why="An accuracy that is not measured is worse than none.",
    remedy=_REPORT,
)


_DECIDING = Check(
    name="deciding_charges_are_implausible_and_leave_no_less",
    rule="a charge that decides a state is one of fct_implausible_charges, with its credits, and no less is "
    "left without it",
    cases=read_sql("forecast/deciding_charges_are_implausible_and_leave_no_less"),
    found="workspace {workspace_id}: event {source} {event_id}, {credits} credits, {status_without} without",
    why="The report asks people to retract this event.",
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


_ONE_EACH_BUDGET = Check(
    name="every_open_budget_has_one_forecast",
    rule="every open period of a budget of a reported workspace has one row, and nothing else has one",
    cases=read_sql("forecast/every_open_budget_has_one_forecast"),
    found="workspace {workspace_id}, budget {budget_id}: {forecast_count} rows for {period_count} periods",
    why="A budget without a forecast reads as one that holds.",
    remedy=_REPORT,
)

_BUDGET_RANGES = Check(
    name="budget_ranges_are_in_order",
    rule="of a budget P10 <= P50 <= P90, the chance is 0 to 1, and only status ok has them",
    cases=read_sql("forecast/budget_ranges_are_in_order"),
    found="workspace {workspace_id}, budget {budget_id}, {forecast_status}",
    why="Quantiles that cross are not a range, and no status ever carries an invented date.",
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
                "Reports choose their text by the status.",
            ),
            _row_check(
                "pace_date_only_with_a_paced_status",
                f"only these statuses have a pace date: {', '.join(_PACED_STATUSES)}",
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
                "Every date is what remains divided by these rates.",
            ),
            _row_check(
                "date_quantiles_are_in_order",
                "P2.5 <= P5 <= P10 <= P50 <= P90 <= P97.5, where null is beyond the horizon",
                _out_of_order(_DATES),
                "Quantiles that cross are not a range.",
            ),
            _row_check(
                "date_quantiles_only_with_status_ok",
                "only status ok has quantile dates and buy_by, always with P50, all within 365 days",
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
                "purchase_advice_is_not_negative",
                "credits to buy are 0 or more; the chance before a grant is 0 to 1 and needs a grant",
                "credits_to_buy < 0 or chance_empty_before_grant not between 0 and 1 "
                "or (chance_empty_before_grant is not null and next_grant_on is null)",
                "Customers buy what is recommended.",
            ),
        ),
    ),
    Gate("forecast.budget_forecast", (_ONE_EACH_BUDGET, _BUDGET_RANGES)),
    Gate("forecast.deciding_charges", (_DECIDING,)),
    Gate("forecast.depletion_paths", (_STARTS, _PATHS_IN_ORDER)),
    Gate("forecast.forecast_scores", (_SCORED,)),
)
