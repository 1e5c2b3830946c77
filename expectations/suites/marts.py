"""Gates on the marts: they agree with each other and with the facts, to the last digit.

Not here: column types and keys; dbt contracts and tests prove those.
"""

from expectations.gates import Check, Gate
from expectations.periods import ALL_PERIODS, NOT_EVERYWHERE
from expectations.sql_files import read_sql
from expectations.suites.clearing import IN_TOTAL
from expectations.suites.row_counts import row_count_check

_REBUILD = "The marts contradict each other: run again with --full-refresh, and report it if it stays"


# a view over all days, read once for all that is compared with it
_USAGE_DAYS = """usage_days as (
    select
        workspace_id,
        usage_date,
        sum(generation_count) as generation_count,
        sum(credits) as credits,
        sum(cost) as cost,
        sum(unpriced_credits) as unpriced_credits
    from marts.usage_daily
    group by workspace_id, usage_date
)"""


def _against_summary(parts: str, column: str, *, where: str = "true") -> str:
    """Workspaces and periods where `parts` (SQL: workspace_id, period, part) miss a column of the summary."""
    return read_sql("marts/equals_the_summary", parts=parts, column=column, where=where)


def _credits_check(table: str, parts: str, *, where: str = "true") -> Check:
    return Check(
        name=f"{table}_credits_equal_the_summary",
        rule=f"the credits of {table} add up to credits_used, for every workspace and period",
        cases=_against_summary(parts, "credits_used", where=where),
        found=f"workspace {{workspace_id}}, {{period}}: {{part}} in {table}, {{whole}} in credit_summary",
        why="Two numbers for the same thing on one page discredit both.",
        remedy=_REBUILD,
    )


def _costs_check(
    table: str, parts: str, *, cost: str = "cost", unpriced_credits: str = "unpriced_credits"
) -> Check:
    return Check(
        name=f"{table}_costs_equal_the_summary",
        rule=f"cost and unpriced credits of {table} add up to the summary's {cost}, if of one currency",
        cases=read_sql(
            "marts/costs_equal_the_summary", parts=parts, cost=cost, unpriced_credits=unpriced_credits
        ),
        found=(
            "workspace {workspace_id}, {period}: {part_cost} and {part_unpriced_credits} credits without a "
            "price, in credit_summary {cost} and {unpriced_credits}"
        ),
        why="Two amounts for the same thing on one page discredit both.",
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
    costs = _costs_check(table, f"select workspace_id, period, cost, unpriced_credits from marts.{table}")
    return Gate(f"marts.{table}", (_credits_check(table, parts), _shares_check(table), costs))


def _whole_gate(table: str, source: str) -> Gate:
    """The gate of a mart that shows each row of one table, and no other."""
    check = row_count_check(
        f"{table}_has_every_row",
        table=f"marts.{table}",
        expected=source,
        why="Readers of a list do not notice a missing row.",
        remedy=_REBUILD,
    )
    return Gate(f"marts.{table}", (check,))


_ALL_PERIODS = Check(
    name="every_workspace_has_every_period",
    rule="credit_summary has one row of this as_of for every workspace and period (but billing_period)",
    cases=read_sql("marts/every_workspace_has_every_period", periods=ALL_PERIODS, other=NOT_EVERYWHERE),
    found="workspace {workspace_id}, {period}: {actual} rows, {of_as_of} of this as_of, expected {expected}",
    why="A missing row looks the same for a quiet month and a broken load.",
    remedy=_REBUILD,
)

_DISPOSED = Check(
    name="summary_dispositions_add_up",
    rule=(
        "used + iterated + wasted + pending + untracked + refunded = credits_used, "
        "for each workspace and period"
    ),
    cases=read_sql("marts/summary_dispositions_add_up"),
    found=(
        "workspace {workspace_id}, {period}: {used_credits} used, {iterated_credits} iterated, "
        "{wasted_credits} wasted, {pending_credits} pending, {untracked_credits} untracked, "
        "{refunded_credits} refunded; "
        "{credits_used} in all"
    ),
    why="It is the promise that every credit is explained once.",
    remedy=_REBUILD,
)

_PENDING_WASTE = Check(
    name="summary_expects_no_more_waste_than_is_pending",
    rule="0 <= low <= expected <= high <= pending_credits; where something is pending all three may be null",
    cases=read_sql("marts/summary_expects_no_more_waste_than_is_pending"),
    found="workspace {workspace_id}, {period}: {expected} ({low} to {high}) of {pending_credits} pending",
    why="Expected waste is reported as a part of pending credits; a part cannot exceed the whole.",
    remedy=_REBUILD,
)

_DAILY_CREDITS = _credits_check(
    "usage_daily",
    f"""
        select daily.workspace_id, periods.period, daily.credits as part
        from usage_days as daily
        inner join {ALL_PERIODS} as periods
            on daily.usage_date >= periods.first_date and daily.usage_date <= periods.last_date
    """,
    where=f"period <> '{NOT_EVERYWHERE}'",
)

_DAILY_FACTS = Check(
    name="usage_daily_equals_the_facts",
    rule="usage_daily has all generations and credits of the facts, for every workspace",
    cases=read_sql("marts/usage_daily_equals_the_facts"),
    found=(
        "workspace {workspace_id}: {mart_count} generations and {mart_credits} credits in usage_daily, "
        "{fact_count} and {fact_credits} in facts.int_generations_classified"
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

_WASTE_COSTS = _costs_check(
    "waste_by_reason",
    "select workspace_id, period, cost, 0 as unpriced_credits from marts.waste_by_reason",
    cost="wasted_cost",
    unpriced_credits="0",
)

_CELL_COSTS = Check(
    name="usage_daily_costs_what_its_lots_cost",
    rule="cost and unpriced credits of usage_daily are those of lot_draws, for every workspace",
    cases=read_sql("marts/cells_cost_what_lots_cost"),
    found=(
        "workspace {workspace_id}: {cost} and {unpriced_credits} credits without a price in usage_daily, "
        "{lot_cost} and {lot_unpriced_credits} of lot_draws"
    ),
    why="What lots paid for is what usage cost, to the last digit.",
    remedy=_REBUILD,
)

_DRAWS = Check(
    name="lot_draws_have_every_draw",
    rule="the credits of lot_draws are those that the ledger drew, for every workspace",
    cases="""
        select workspace_id, sum(drawn) as drawn, sum(published) as published
        from (
            select workspace_id, credits as drawn, 0 as published from facts.fct_lot_draws_daily
            union all
            select workspace_id, 0 as drawn, credits as published from marts.lot_draws
        ) as both_sides
        group by workspace_id
        having sum(drawn) <> sum(published)
    """,
    found="workspace {workspace_id}: {drawn} drawn, {published} in lot_draws",
    why="A draw that is missing is a cost that nobody sees.",
    remedy=_REBUILD,
)

_CHARGES = Check(
    name="all_that_is_charged_is_what_was_used",
    rule="credits of chargeback_monthly, corrections included, are those of usage_daily, for every workspace",
    cases=read_sql("marts/charges_equal_usage"),
    found=(
        "workspace {workspace_id}: {charged} credits charged, {charged_unpriced} without a price, "
        "{used} and {used_unpriced} in usage_daily"
    ),
    why="What is neither booked nor open is charged to nobody.",
    remedy=_REBUILD,
)

_UNIT_COSTS = Check(
    name="unit_costs_have_all_credits",
    rule="priced and unpriced credits of each scope add up to credits_used, for every workspace and period",
    cases=read_sql("marts/unit_costs_have_all_credits"),
    found="workspace {workspace_id}, {period}, {scope}: {costed_credits} of {credits_used} credits",
    why="Credits that are neither priced nor named as unpriced make a unit look cheap.",
    remedy=_REBUILD,
)

_CHANGES = Check(
    name="contributions_add_up_to_the_change",
    rule="credits and contributions of every scope add up to those of the workspace, and to credits_used",
    cases=read_sql("marts/contributions_add_up"),
    found=(
        "workspace {workspace_id}, {period}, {scope}: {credits} of {credits_used} credits, contributions "
        "{contribution} of {credits_change}"
    ),
    why="A change whose parts do not add up is not explained by them.",
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

_TAGS = Check(
    name="usage_by_tag_equals_the_summary",
    rule="the values of each tag key add up to the summary: credits, wasted credits and generations",
    cases=read_sql("marts/tags_equal_the_summary"),
    found=(
        "workspace {workspace_id}, {period}, tag {tag_key}: {credits} credits, {wasted_credits} wasted, "
        "{generation_count} generations; in credit_summary {credits_used}, {all_wasted_credits}, "
        "{all_generation_count}"
    ),
    why="What has no tag is (none): a breakdown that leaves it out bills too little.",
    remedy=_REBUILD,
)

_TAG_SHARES = Check(
    name="usage_by_tag_shares_sum_to_1",
    rule="the credit shares of each tag key sum to exactly 1 wherever credits were used",
    cases="""
        select workspace_id, period, tag_key, sum(credit_share) as share_sum
        from marts.usage_by_tag
        group by workspace_id, period, tag_key
        having sum(credits) > 0 and coalesce(sum(credit_share) <> 1, true)
    """,
    found="workspace {workspace_id}, {period}, tag {tag_key}: {share_sum}",
    why="Shares that do not sum to 1 are not shares of what was used.",
    remedy=_REBUILD,
)

_FORECAST = Check(
    name="the_forecast_says_what_the_summary_says",
    rule="depletion_forecast has what the summary has: credits of 7 and 30 days, those days, what is left",
    cases=read_sql("marts/the_forecast_says_what_the_summary_says"),
    found="workspace {workspace_id}, {period}: {credits_used} used, {credits_remaining} left in the summary",
    why="Burn and balance are computed in two ways: from usage in SQL, and by the ledger.",
    remedy=_REBUILD,
)

_BUDGET_PERIODS = row_count_check(
    "budget_status_has_every_open_budget",
    table="marts.budget_status where is_open",
    expected="forecast.budget_forecast",
    why="A budget that is not listed reads as one that holds.",
    remedy=_REBUILD,
)

_BUDGETS_USED = Check(
    name="budgets_used_what_was_used",
    rule="a workspace's budget of credits has used what usage_daily has of the days that count",
    cases=read_sql("marts/budgets_used_what_was_used"),
    found=(
        "workspace {workspace_id}, budget {budget_id} from {period_start}: {used} used, {credits} in "
        "usage_daily"
    ),
    why="What a budget has used is what was used, to the last digit.",
    remedy=_REBUILD,
)

_BUDGETS_NAMED = Check(
    name="budgets_name_what_is_used",
    rule="the workspace and scope of a budget in force have used something in the last year",
    cases=read_sql("marts/budgets_name_what_is_used"),
    found="workspace {workspace_id}, budget {budget_id}: nothing used by {meant}",
    why="A budget for an id that does not exist is never used, and looks as if it were kept.",
    remedy=(
        "Compare scope_id with the ids in usage_by_team, usage_by_member, usage_by_category, "
        "usage_by_generation_type or usage_by_tag, and deliver the budget corrected; wait if it is new"
    ),
    severity="warning",
)

_BUDGETS_COUNTED = Check(
    name="amount_budgets_count_every_credit",
    rule="every credit of an open budget of an amount has a price, in the budget's currency",
    cases=read_sql("marts/amount_budgets_count_every_credit"),
    found=(
        "workspace {workspace_id}, budget {budget_id}: {unpriced_credits} credits without a price, "
        "{other_currency_credits} of another currency"
    ),
    why="They are in no cost, so that the budget holds more than it says; nothing is guessed or converted.",
    remedy=(
        "Deliver amount and currency of the purchases, or overage_price; for the other currency, a budget of "
        "its own"
    ),
    severity="warning",
)

_BUDGETS_ONCE = Check(
    name="budgets_of_a_scope_do_not_overlap",
    rule="a scope has one open budget of each kind of period, unit and currency",
    cases=read_sql("marts/budgets_of_a_scope_do_not_overlap"),
    found="workspace {workspace_id}, {scope} {scope_id}, {budget_period}: budgets {first_id} and {last_id}",
    why="Each counts all the use on its own; one may be a correction under another id.",
    remedy="Deliver ends_on for the one that no longer holds, or a correction under the id it corrects",
    severity="warning",
)

GATES = (
    Gate("marts.usage_daily", (_DAILY_CREDITS, _DAILY_FACTS, _CELL_COSTS, IN_TOTAL), reads=_USAGE_DAYS),
    Gate("marts.chargeback_monthly", (_CHARGES,), reads=_USAGE_DAYS),
    Gate(
        "marts.budget_status",
        (_BUDGET_PERIODS, _BUDGETS_USED, _BUDGETS_NAMED, _BUDGETS_COUNTED, _BUDGETS_ONCE),
        reads=_USAGE_DAYS,
    ),
    Gate("marts.depletion_forecast", (_FORECAST,)),
    Gate("marts.credit_summary", (_ALL_PERIODS, _DISPOSED, _PENDING_WASTE)),
    _breakdown_gate("usage_by_member"),
    _breakdown_gate("usage_by_category"),
    _breakdown_gate("usage_by_generation_type"),
    _breakdown_gate("usage_by_team"),
    Gate("marts.usage_by_tag", (_TAGS, _TAG_SHARES)),
    Gate("marts.waste_by_reason", (_WASTE, _WASTE_COSTS)),
    Gate("marts.lot_draws", (_DRAWS,)),
    Gate("marts.unit_costs", (_UNIT_COSTS,)),
    Gate("marts.period_changes", (_CHANGES,)),
    _whole_gate("purchases", "facts.fct_credit_entries where entry_type = 'purchase'"),
    Gate("marts.generation_details", (_DETAILS,)),
    _whole_gate("credit_lots", "facts.fct_credit_lots"),
    _whole_gate("credit_balance_daily", "facts.fct_credit_balance_daily"),
    _whole_gate("depletion_paths", "forecast.depletion_paths"),
    _whole_gate("usage_spikes", "forecast.usage_spikes"),
    _whole_gate("reconciliation", "facts.fct_reconciliation"),
    _whole_gate("waste_suggestions", "waste.suggestions"),
    _whole_gate("ruleset_changes", "waste.version_changes where version_kind = 'ruleset'"),
    _whole_gate("template_changes", "waste.version_changes where version_kind = 'template'"),
)
