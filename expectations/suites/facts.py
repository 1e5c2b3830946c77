"""Gates on the facts: nothing staged is lost, every credit has one disposition, no charge is implausible.

Not here: the ledger's tables (ledger.py), the account of each file (clearing.py), volume (usage_history.py).
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql
from expectations.suites import clearing, usage_history
from expectations.suites.row_counts import row_count_check

_REBUILD = "Facts do not fit staging: run again with --full-refresh, and report it if it stays"

_ALL_ACCOUNTED_FOR = Check(
    name="staged_generations_are_reported_retracted_or_later",
    rule="every staged generation is reported, unless it is retracted or later than as_of",
    cases=read_sql("facts/staged_generations_are_reported_retracted_or_later"),
    found=(
        "workspace {workspace_id}: {staged} staged generations ({staged_credits} credits), {withheld} "
        "retracted or later ({withheld_credits} credits), {reported} reported ({reported_credits} credits)"
    ),
    why="The clearing equation: a generation that is none of them was lost on the way to the facts.",
    remedy=_REBUILD,
)

_ONE_DISPOSITION = Check(
    name="generations_have_one_disposition",
    rule="every generation has exactly one disposition, and a waste_reason only and always if it is wasted",
    cases=read_sql("facts/generations_have_one_disposition"),
    found="event {source} {event_id} of workspace {workspace_id}: {disposition}, waste_reason {waste_reason}",
    why="A credit without a disposition is missing from the answer to where it went.",
    remedy=_REBUILD,
)

_PLAUSIBLE = Check(
    name="no_single_charge_is_implausible",
    rule=(
        "no generation of the last 90 days costs 100 credits or more and 1,000 times or more the P99 of the "
        "others of its workspace in the 90 days up to it"
    ),
    cases="select * from facts.fct_implausible_charges where usage_date > :as_of - 90",
    found=(
        "event {source} {event_id}: {credits} credits in workspace {workspace_id} on {usage_date}, "
        "where the P99 is {p99_credits}"
    ),
    why="One logging error can outweigh all true usage in every total, rank and forecast.",
    remedy="If the source confirms an error, deliver a retraction of the event",
    severity="warning",
)

_DISPOSED = Check(
    name="dispositions_add_up_to_consumed_credits",
    rule="used + iterated + wasted + pending + untracked + refunded = consumed, for each workspace and day",
    cases=read_sql("facts/dispositions_add_up_to_consumed_credits"),
    found=(
        "workspace {workspace_id} on {usage_date}: {consumed} consumed, {daily} in fct_usage_daily, "
        "{disposed} over its dispositions"
    ),
    why="It is the promise that every credit is explained once.",
    remedy=_REBUILD,
)

_IS_PRODUCT = Check(
    name="product_ids_are_of_products",
    rule="of a workspace's credits of 30 days at most a quarter are of episodes of more than 20 attempts",
    cases=read_sql("facts/product_ids_are_of_products"),
    found=(
        "workspace {workspace_id}: {long_credits} of {credits} credits, such as {longest_count} attempts on "
        "product {product_id}"
    ),
    why="An id of a conversation or session makes every turn of it look like a regeneration, and waste.",
    remedy=(
        "The product id is probably a conversation or session: deliver the id of what is made, or leave "
        "product_id out"
    ),
    severity="warning",
)

_RECONCILED = Check(
    name="totals_of_sources_agree_with_ours",
    rule="what a source says that it counted differs from ours by at most 0.5 %, once its days have ended",
    cases="""
        select
            *,
            case when unit = 'credits' then unit else currency end as counted_in
        from facts.fct_reconciliation
        where is_complete and abs(difference) * 200 > abs(theirs)
    """,
    found=(
        "{source}, workspace {workspace_id}, model {model}, {first_day} to {last_day}: {theirs} {counted_in} "
        "by its own account, {ours} by ours; {explained} of the difference is explained"
    ),
    why="Usage that the source counted and we have not, or the reverse, is missing from every number.",
    remedy=(
        "Deliver what is missing, or correct the mapping of the source; explained is what was delivered and "
        "is retracted or in conflict"
    ),
    severity="warning",
)

_ONE_CURRENCY = Check(
    name="provider_costs_in_one_total_are_of_one_currency",
    rule="the generations compared with one total of a source have their provider cost in one currency",
    cases="select * from facts.fct_reconciliation where cost_currency_count > 1",
    found=(
        "{source}, workspace {workspace_id}, model {model}, {first_day} to {last_day}: costs in "
        "{cost_currency_count} currencies, the total in {currency}"
    ),
    why="Amounts of two currencies have no sum: only those of the total's currency are compared with it.",
    remedy="Correct provider_currency, or deliver a total for each currency",
    severity="warning",
)

_COUNTED = row_count_check(
    "classified_generations_are_reported",
    table="facts.fct_generations",
    expected="facts.int_generations_classified",
    why="A workspace missing from the dimension would drop its generations without any wrong row.",
    remedy=_REBUILD,
)

GATES = (
    Gate(
        "facts.fct_generations",
        (_COUNTED, _ALL_ACCOUNTED_FOR, clearing.PER_FILE, _ONE_DISPOSITION, _IS_PRODUCT),
    ),
    Gate("facts.fct_implausible_charges", (_PLAUSIBLE,)),
    Gate("facts.fct_usage_daily", (_DISPOSED, *usage_history.CHECKS)),
    Gate("facts.fct_reconciliation", (_RECONCILED, _ONE_CURRENCY)),
)
