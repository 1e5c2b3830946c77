"""Gates on the ledger that Python draws down: every credit funded is somewhere, every credit used is booked.

Not here: which lot pays first, or any other policy of the ledger.
"""

from expectations.gates import Check, Gate
from expectations.suites.clearing import ENTRIES_IN_TOTAL

_REPORT = "The ledger contradicts itself; report it with the credit entries of this workspace"
_LOT = (
    "workspace {workspace_id}, lot {lot_id}: funded {funded}, consumed {consumed}, expired {expired}, "
    "voided {voided}, remaining {remaining}, residual {residual}"
)


def _lots_check(name: str, rule: str, broken: str, why: str) -> Check:
    cases = f"select * from facts.fct_credit_lots where {broken}"
    return Check(name=name, rule=rule, cases=cases, found=_LOT, why=why, remedy=_REPORT)


_LOT_CHECKS = (
    _lots_check(
        "lot_residuals_are_zero",
        "the residual of every lot is 0",
        "coalesce(residual <> 0, true)",
        "A residual is a credit that appeared or vanished.",
    ),
    _lots_check(
        "lots_reconcile",
        "funded = consumed + expired + voided + remaining, for every lot",
        "coalesce(funded <> consumed + expired + voided + remaining, true)",
        "The identity of the ledger, proved from its columns and not from its own residual.",
    ),
    _lots_check(
        "no_lot_is_negative",
        "no lot has less than 0 credits remaining, consumed, expired or voided",
        "remaining < 0 or consumed < 0 or expired < 0 or voided < 0",
        "Usage beyond a lot is overage; a lot below 0 would hide it.",
    ),
)

_BALANCE_RESIDUALS = Check(
    name="balance_residuals_are_zero",
    rule="the residual of every day is 0",
    cases="select * from facts.fct_credit_balance_daily where coalesce(residual <> 0, true)",
    found="workspace {workspace_id} on {usage_date}: closing {closing}, residual {residual}",
    why="The daily balance and the lots must tell the same story.",
    remedy=_REPORT,
)

_USAGE_BOOKED = Check(
    name="usage_is_consumed_or_overage",
    rule="consumed + overage = usage, for each day of every workspace with credit entries",
    cases="""
        select workspace_id, usage_date, sum(booked) as booked, sum(used) as used
        from (
            select workspace_id, usage_date, consumed + overage as booked, 0 as used
            from facts.fct_credit_balance_daily
            union all
            select daily.workspace_id, daily.usage_date, 0 as booked, daily.credits as used
            from facts.fct_usage_daily as daily
            inner join facts.dim_reporting_workspaces as workspaces
                on daily.workspace_id = workspaces.workspace_id
            where workspaces.has_credit_entries
        ) as both_sides
        group by workspace_id, usage_date
        having sum(booked) <> sum(used)
    """,
    found="workspace {workspace_id} on {usage_date}: {used} used, {booked} consumed or overage",
    why="Usage that neither a lot nor the overage shows would be free.",
    remedy=_REPORT,
)

_SAME_CONSUMED = Check(
    name="lots_and_days_consume_the_same",
    rule="the credits consumed from lots are those consumed over the days, for each workspace",
    cases="""
        select workspace_id, sum(from_lots) as from_lots, sum(over_days) as over_days
        from (
            select workspace_id, consumed as from_lots, 0 as over_days from facts.fct_credit_lots
            union all
            select workspace_id, 0 as from_lots, consumed as over_days from facts.fct_credit_balance_daily
        ) as both_sides
        group by workspace_id
        having sum(from_lots) <> sum(over_days)
    """,
    found="workspace {workspace_id}: {from_lots} from lots, {over_days} over the days",
    why="With usage equal to the days, it makes sum(consumed) + overage = usage hold for the lots.",
    remedy=_REPORT,
)

_BOOKED = Check(
    name="known_entries_are_booked",
    rule="every staged entry that occurred before as_of began, wherever on earth, is in fct_credit_entries",
    cases="""
        select staged.workspace_id, staged.entry_id, staged.credits
        from staging.stg_credit_entries as staged
        left join facts.fct_credit_entries as entries
            on staged.workspace_id = entries.workspace_id and staged.entry_id = entries.entry_id
        where
            staged.occurred_at < cast(:as_of as timestamp)
            and (entries.entry_id is null or entries.credits <> staged.credits)
    """,
    found="entry {entry_id} of workspace {workspace_id}: {credits} credits",
    why="Credits that were bought and are not booked are missing from what is left.",
    remedy="Facts do not fit staging: run again with --full-refresh, and report it if it stays",
)

_FUNDED = Check(
    name="lots_hold_what_was_entered",
    rule=(
        "each lot that an entry funds is told once, with at least what is effective by as_of, at most what "
        "was entered"
    ),
    cases="""
        select workspace_id, lot_id, sum(lots) as lots, sum(funded) as funded, sum(entered) as entered,
            sum(effective) as effective
        from (
            select workspace_id, lot_id, 1 as lots, funded, 0 as entered, 0 as effective
            from facts.fct_credit_lots
            union all
            select workspace_id, lot_id, 0 as lots, 0 as funded, credits as entered,
                case when effective_on <= :as_of then credits else 0 end as effective
            from facts.fct_credit_entries
            where credits > 0
        ) as both_sides
        group by workspace_id, lot_id
        having sum(lots) <> 1 or not coalesce(sum(funded) between sum(effective) and sum(entered), false)
    """,
    found=(
        "workspace {workspace_id}, lot {lot_id}: {lots} rows, funded {funded}, entered {entered}, "
        "effective {effective}"
    ),
    why="A ledger without its lots, or with credits that nobody entered, reconciles as well as any other.",
    remedy=_REPORT,
)

_UP_TO_DATE = Check(
    name="every_ledger_reaches_as_of",
    rule="every workspace with credit entries, and no other, has a balance of as_of",
    cases="""
        select workspace_id, sum(due) as due, sum(told) as told
        from (
            select workspace_id, 1 as due, 0 as told
            from facts.dim_reporting_workspaces
            where has_credit_entries
            union all
            select workspace_id, 0 as due, 1 as told
            from facts.fct_credit_balance_daily
            where usage_date = :as_of
        ) as both_sides
        group by workspace_id
        having sum(due) <> 1 or sum(told) <> 1
    """,
    found="workspace {workspace_id}: {told} balances of as_of, where {due} is due",
    why="Without use there is nothing to book, and a ledger that is missing would look like one at rest.",
    remedy=_REPORT,
)

_FULL_EFFECT = Check(
    name="reductions_take_effect_in_full",
    rule="every void and negative adjustment names a known lot and takes no more than it holds",
    cases="select workspace_id, entry_id, warning, credits from facts.fct_ledger_warnings",
    found="entry {entry_id} of workspace {workspace_id}: {warning}, {credits} credits without effect",
    why="Whoever booked it believes these credits are gone; they are not.",
    remedy="Correct the lot or the amount with a new entry",
    severity="warning",
)

GATES = (
    Gate("facts.fct_credit_lots", (ENTRIES_IN_TOTAL, _BOOKED, _FUNDED, *_LOT_CHECKS)),
    Gate("facts.fct_credit_balance_daily", (_UP_TO_DATE, _BALANCE_RESIDUALS, _USAGE_BOOKED, _SAME_CONSUMED)),
    Gate("facts.fct_ledger_warnings", (_FULL_EFFECT,)),
)
