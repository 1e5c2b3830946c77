"""Gates on the depletion forecast: one row for each workspace, and no date that its status does not carry.

Not here: how good the forecast is; it is scored against what happened later.
"""

from expectations.gates import Check, Gate

_STATUSES = ("no_ledger", "already_empty", "no_burn", "insufficient_history", "beyond_horizon", "ok")
_PACED_STATUSES = ("ok", "insufficient_history", "beyond_horizon")
_REPORT = "Report it with the usage and lots of this workspace"

_ONE_EACH = Check(
    name="every_workspace_has_one_forecast",
    rule="every workspace with a generation or a credit entry has one row of this as_of, no other has one",
    cases="""
        select workspace_id, sum(known) as known, sum(told) as told, sum(told_today) as told_today
        from (
            select workspace_id, 1 as known, 0 as told, 0 as told_today from facts.fct_workspaces
            union all
            select workspace_id, 0 as known, 1 as told,
                case when as_of = :as_of then 1 else 0 end as told_today
            from forecast.credit_depletion
        ) as both_sides
        group by workspace_id
        having sum(known) <> 1 or sum(told) <> 1 or sum(told_today) <> 1
    """,
    found="workspace {workspace_id}: {told} rows, {told_today} of this as_of, {known} in fct_workspaces",
    why="A workspace without a row reads as one that will never run out.",
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
        ),
    ),
)
