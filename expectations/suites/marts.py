"""Gates on the marts: they say the same as each other and as the facts, to the last digit.

Not here: column types and keys; dbt contracts and tests prove those.
"""

from expectations.gates import Check, Gate
from expectations.suites.clearing import IN_TOTAL
from expectations.suites.periods import PERIODS
from expectations.suites.row_counts import row_count_check

_REBUILD = "The marts contradict each other: run again with --full-refresh, and report it if it stays"


def _against_summary(parts: str, column: str, *, where: str = "true") -> str:
    """Workspaces and periods where `parts` (SQL: workspace_id, period, part) miss a column of the summary."""
    return f"""
        select workspace_id, period, sum(whole) as whole, sum(part) as part
        from (
            select workspace_id, period, {column} as whole, 0 as part
            from marts.credit_summary
            where {where}
            union all
            select workspace_id, period, 0 as whole, part from ({parts}) as parts
        ) as both_sides
        group by workspace_id, period
        having coalesce(sum(whole) <> sum(part), true)
    """


def _credits_check(table: str, parts: str) -> Check:
    return Check(
        name=f"{table}_credits_equal_the_summary",
        rule=f"the credits of {table} add up to credits_used, for every workspace and period",
        cases=_against_summary(parts, "credits_used"),
        found=f"workspace {{workspace_id}}, {{period}}: {{part}} in {table}, {{whole}} in credit_summary",
        why="Two numbers for the same thing on one page cost the trust in both.",
        remedy=_REBUILD,
    )


def _shares_check(table: str) -> Check:
    return Check(
        name=f"{table}_shares_sum_to_1",
        rule=f"the credit shares of {table} sum to exactly 1 wherever credits were used",
        cases=f"""
            select workspace_id, period, sum(credit_share) as share_sum
            from marts.{table}
            group by workspace_id, period
            having sum(credits) > 0 and coalesce(sum(credit_share) <> 1, true)
        """,
        found="workspace {workspace_id}, {period}: {share_sum}",
        why="Shares that do not sum to 1 are not shares of what was used.",
        remedy=_REBUILD,
    )


def _breakdown_gate(table: str) -> Gate:
    parts = f"select workspace_id, period, credits as part from marts.{table}"
    return Gate(f"marts.{table}", (_credits_check(table, parts), _shares_check(table)))


def _whole_gate(table: str, source: str) -> Gate:
    """The gate of a mart that shows each row of one table, and no other."""
    check = row_count_check(
        f"{table}_has_every_row",
        table=f"marts.{table}",
        due=source,
        why="What is missing from a list is missed by nobody who reads it.",
        remedy=_REBUILD,
    )
    return Gate(f"marts.{table}", (check,))


_ALL_PERIODS = Check(
    name="every_workspace_has_every_period",
    rule="credit_summary has one row of this as_of for every workspace and period, and no other",
    cases=f"""
        select workspace_id, period, sum(due) as due, sum(told) as told, sum(told_today) as told_today
        from (
            select workspaces.workspace_id, periods.period, 1 as due, 0 as told, 0 as told_today
            from facts.dim_reporting_workspaces as workspaces
            cross join {PERIODS} as periods
            union all
            select workspace_id, period, 0 as due, 1 as told,
                case when as_of = :as_of then 1 else 0 end as told_today
            from marts.credit_summary
        ) as both_sides
        group by workspace_id, period
        having sum(due) <> 1 or sum(told) <> 1 or sum(told_today) <> 1
    """,
    found="workspace {workspace_id}, {period}: {told} rows, {told_today} of this as_of, where {due} is due",
    why="A workspace that is missing cannot tell a quiet month from a broken load.",
    remedy=_REBUILD,
)

_DISPOSED = Check(
    name="summary_dispositions_add_up",
    rule="used + iterated + wasted + pending + untracked = credits_used, for each workspace and period",
    cases="""
        select * from marts.credit_summary
        where coalesce(
            used_credits + iterated_credits + wasted_credits + pending_credits + untracked_credits
            <> credits_used,
            true
        )
    """,
    found=(
        "workspace {workspace_id}, {period}: {used_credits} used, {iterated_credits} iterated, "
        "{wasted_credits} wasted, {pending_credits} pending, {untracked_credits} untracked; "
        "{credits_used} in all"
    ),
    why="It is the promise that every credit is explained once.",
    remedy=_REBUILD,
)

_FORETOLD = Check(
    name="summary_expects_no_more_waste_than_is_pending",
    rule="0 <= low <= expected <= high <= pending_credits; where something is pending all three may be null",
    cases="""
        select
            workspace_id, period, pending_credits, expected_pending_waste_credits_low as low,
            expected_pending_waste_credits as expected, expected_pending_waste_credits_high as high
        from marts.credit_summary
        where
            not (
                expected_pending_waste_credits_low is null
                and expected_pending_waste_credits is null
                and expected_pending_waste_credits_high is null
                and pending_credits > 0
            )
            and coalesce(
                expected_pending_waste_credits_low < 0
                or expected_pending_waste_credits_low > expected_pending_waste_credits
                or expected_pending_waste_credits > expected_pending_waste_credits_high
                or expected_pending_waste_credits_high > pending_credits,
                true
            )
    """,
    found="workspace {workspace_id}, {period}: {expected} ({low} to {high}) of {pending_credits} pending",
    why="Expected waste is told as a part of what is pending; a part larger than the whole is no part.",
    remedy=_REBUILD,
)

_DAILY_CREDITS = _credits_check(
    "usage_daily",
    f"""
        select daily.workspace_id, periods.period, daily.credits as part
        from marts.usage_daily as daily
        inner join {PERIODS} as periods on daily.usage_date >= periods.first_date
    """,
)

_DAILY_FACTS = Check(
    name="usage_daily_equals_the_facts",
    rule="usage_daily holds all generations and credits of the facts, for every workspace",
    cases="""
        select workspace_id, sum(told) as told, sum(told_credits) as told_credits,
            sum(true_count) as true_count, sum(true_credits) as true_credits
        from (
            select workspace_id, generation_count as told, credits as told_credits,
                0 as true_count, 0 as true_credits
            from marts.usage_daily
            union all
            select workspace_id, 0 as told, 0 as told_credits, 1 as true_count, credits as true_credits
            from facts.int_generations_classified
        ) as both_sides
        group by workspace_id
        having sum(told) <> sum(true_count) or sum(told_credits) <> sum(true_credits)
    """,
    found=(
        "workspace {workspace_id}: {told} generations and {told_credits} credits in usage_daily, "
        "{true_count} and {true_credits} in facts.int_generations_classified"
    ),
    why="The last step of the clearing equation: mart sum = fact sum.",
    remedy=_REBUILD,
)

_WASTE = Check(
    name="waste_by_reason_equals_the_summary",
    rule="the wasted credits of all reasons add up to wasted_credits, for every workspace and period",
    cases=_against_summary(
        "select workspace_id, period, wasted_credits as part from marts.waste_by_reason", "wasted_credits"
    ),
    found="workspace {workspace_id}, {period}: {part} in waste_by_reason, {whole} in credit_summary",
    why="Reasons that do not add up to the waste leave part of it unexplained.",
    remedy=_REBUILD,
)

_DETAILS = Check(
    name="generation_details_cover_90_days",
    rule="generation_details has as many rows of the last 90 days as the generation_count of 90d",
    cases=_against_summary(
        """
        select workspace_id, '90d' as period, 1 as part
        from marts.generation_details
        where usage_date > :as_of - 90
        """,
        "generation_count",
        where="period = '90d'",
    ),
    found="workspace {workspace_id}: {part} rows in generation_details, generation_count {whole}",
    why="A drill-down that shows fewer rows than it explains is no evidence.",
    remedy=_REBUILD,
)

_FORECAST = Check(
    name="the_forecast_says_what_the_summary_says",
    rule="depletion_forecast has what the summary has: credits of 7 and 30 days, those days, what is left",
    cases="""
        select summary.workspace_id, summary.period, summary.credits_used, summary.credits_remaining
        from marts.credit_summary as summary
        left join marts.depletion_forecast as forecast
            on summary.workspace_id = forecast.workspace_id and summary.as_of = forecast.as_of
        where summary.period in ('7d', '30d') and (
            forecast.workspace_id is null
            or coalesce(summary.credits_remaining, -1) <> coalesce(forecast.credits_remaining, -1)
            or summary.credits_used <> case
                when summary.period = '7d' then forecast.burn_rate_7d_credits
                else forecast.burn_rate_30d_credits
            end
            or coalesce(summary.burn_rate_days, -1) <> coalesce(case
                when summary.period = '7d' then forecast.burn_rate_7d_days
                else forecast.burn_rate_30d_days
            end, -1)
        )
    """,
    found="workspace {workspace_id}, {period}: {credits_used} used, {credits_remaining} left in the summary",
    why="Burn and balance are computed in two ways: from usage in SQL, and by the ledger.",
    remedy=_REBUILD,
)

GATES = (
    Gate("marts.depletion_forecast", (_FORECAST,)),
    Gate("marts.credit_summary", (_ALL_PERIODS, _DISPOSED, _FORETOLD)),
    _breakdown_gate("usage_by_member"),
    _breakdown_gate("usage_by_category"),
    _breakdown_gate("usage_by_generation_type"),
    Gate("marts.usage_daily", (_DAILY_CREDITS, _DAILY_FACTS, IN_TOTAL)),
    Gate("marts.waste_by_reason", (_WASTE,)),
    Gate("marts.generation_details", (_DETAILS,)),
    _whole_gate("credit_lots", "facts.fct_credit_lots"),
    _whole_gate("credit_balance_daily", "facts.fct_credit_balance_daily"),
    _whole_gate("depletion_paths", "forecast.depletion_paths"),
    _whole_gate("usage_spikes", "forecast.usage_spikes"),
    _whole_gate("waste_suggestions", "waste.suggestions"),
    _whole_gate("ruleset_changes", "waste.version_changes where version_kind = 'ruleset'"),
    _whole_gate("template_changes", "waste.version_changes where version_kind = 'template'"),
)
