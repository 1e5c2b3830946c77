"""Gates on the ledger that Python draws down: every credit funded is somewhere, every credit used is booked.

Not here: which lot pays first, or any other policy of the ledger.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql
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
    why="The daily balance and the lots must agree.",
    remedy=_REPORT,
)

_USAGE_RESIDUALS = Check(
    name="usage_residuals_are_zero",
    rule="the usage residual of every day is 0",
    cases="select * from facts.fct_credit_balance_daily where coalesce(usage_residual <> 0, true)",
    found="workspace {workspace_id} on {usage_date}: usage residual {usage_residual}",
    why="What the lots paid, counted lot by lot, is what usage asked of them.",
    remedy=_REPORT,
)

_USAGE_BOOKED = Check(
    name="usage_is_consumed_or_overage",
    rule="consumed + overage + before_ledger = usage, for each day of every workspace with credit entries",
    cases=read_sql("ledger/usage_is_consumed_or_overage"),
    found="workspace {workspace_id} on {usage_date}: {used} used, {booked} consumed or overage",
    why="Usage that neither a lot nor the overage shows would be free.",
    remedy=_REPORT,
)

_DRAWN = Check(
    name="draws_are_the_usage",
    rule="the draws of each day sum to consumed + overage + before_ledger, for every workspace with a ledger",
    cases=read_sql("ledger/draws_are_the_usage"),
    found="workspace {workspace_id} on {usage_date}: {drawn} drawn, {booked} consumed or overage",
    why="Costs are sums of draws: usage without a draw would cost nothing.",
    remedy=_REPORT,
)

_SAME_CONSUMED = Check(
    name="lots_and_days_consume_the_same",
    rule="the credits consumed from lots are those consumed over the days, for each workspace",
    cases=read_sql("ledger/lots_and_days_consume_the_same"),
    found="workspace {workspace_id}: {from_lots} from lots, {over_days} over the days",
    why="With usage equal to the days, it proves the identity of the workspace for its lots.",
    remedy=_REPORT,
)

_BOOKED = Check(
    name="known_entries_are_booked",
    rule="every staged entry that occurred before as_of began, wherever on earth, is in fct_credit_entries",
    cases=read_sql("ledger/known_entries_are_booked"),
    found="entry {entry_id} of workspace {workspace_id}: {credits} credits",
    why="Credits that were bought and not booked are missing from the balance.",
    remedy="Facts do not fit staging: run again with --full-refresh, and report it if it stays",
)

_FUNDED = Check(
    name="lots_hold_what_was_entered",
    rule=(
        "each lot that an entry funds has one row, with at least what is effective by as_of, at most what "
        "was entered"
    ),
    cases=read_sql("ledger/lots_hold_what_was_entered"),
    found=(
        "workspace {workspace_id}, lot {lot_id}: {lots} rows, funded {funded}, entered {entered}, "
        "effective {effective}"
    ),
    why="A ledger that lost its lots, or has credits without an entry, reconciles all the same.",
    remedy=_REPORT,
)

_UP_TO_DATE = Check(
    name="every_ledger_reaches_as_of",
    rule="every workspace with credit entries, and no other, has a balance of as_of",
    cases=read_sql("ledger/every_ledger_reaches_as_of"),
    found="workspace {workspace_id}: {actual} balances of as_of, expected {expected}",
    why="Without use there is nothing to book, and a ledger that is missing would look like one at rest.",
    remedy=_REPORT,
)

_WARNING = "entry {entry_id} of workspace {workspace_id}, lot {lot_id}: {detail}"


def _entries_check(warning: str, name: str, rule: str, why: str, remedy: str, found: str = _WARNING) -> Check:
    cases = f"select * from facts.fct_ledger_warnings where warning in ({warning})"
    return Check(name=name, rule=rule, cases=cases, found=found, why=why, remedy=remedy, severity="warning")


_ENTRY_CHECKS = (
    _entries_check(
        "'unknown_lot', 'excess_reduction'",
        "reductions_take_effect_in_full",
        "a void, negative adjustment or extension names a known lot and takes no more than is left in it",
        "The account that booked it counts these credits as gone; they are not.",
        "Correct the lot or the amount with a new entry",
        "entry {entry_id} of workspace {workspace_id}: {warning}, {credits} credits without effect",
    ),
    _entries_check(
        "'other_terms'",
        "lots_keep_their_first_terms",
        "an entry on a lot that another one opened gives no other expires_at or priority",
        "The first funding's terms hold: a later expiry was asked for and has no effect.",
        "Deliver an entry of type extension to move the expiry, or a lot_id of its own",
    ),
    _entries_check(
        "'late_extension'",
        "extensions_come_before_the_expiry",
        "an extension is dated before its lot expires",
        "The lot expired first, and what was left in it stays expired.",
        "Grant the credits again",
        "entry {entry_id} of workspace {workspace_id} came on {counted_on}: lot {lot_id} had expired",
    ),
    _entries_check(
        "'ends_before_it_begins'",
        "lots_end_after_they_begin",
        "a lot expires after the day on which it becomes effective",
        "All its credits expire at once, and no usage can draw them.",
        "Deliver the entry corrected, or an extension dated before it begins",
    ),
    _entries_check(
        "'two_currencies'",
        "lots_are_paid_in_one_currency",
        "all purchases of a lot are paid in one currency",
        "Amounts of two currencies are never added: from then on, the credits of the lot have no price.",
        "Deliver the purchase corrected, or with a lot_id of its own",
    ),
    _entries_check(
        "'twin_entry'",
        "entries_are_booked_once",
        "no two entries of a workspace have the same type, credits and effective day",
        "One of them may be the other under a second id, and its credits counted twice.",
        "If it is a repetition, void it; ids of entries must stay the same when they are delivered again",
        "entry {entry_id} of workspace {workspace_id} equals {detail}",
    ),
)

_NONE_WAITS = Check(
    name="no_entry_waits_for_its_date",
    rule="every entry occurred on or before as_of",
    cases=read_sql("ledger/waiting_entries"),
    found=(
        "workspace {workspace_id}: {waiting} of its entries wait, such as {entry_id}; "
        "the latest occurred at {latest}"
    ),
    why="A grant to come that is not known yet is missing from the forecast and from what to buy.",
    remedy=(
        "Deliver a coming grant with occurred_at now and effective_at then, or a plan in credit_plans; "
        "otherwise wait"
    ),
    severity="warning",
)

GATES = (
    Gate("facts.fct_credit_lots", (ENTRIES_IN_TOTAL, _BOOKED, _FUNDED, *_LOT_CHECKS)),
    Gate(
        "facts.fct_credit_balance_daily",
        (_UP_TO_DATE, _BALANCE_RESIDUALS, _USAGE_RESIDUALS, _USAGE_BOOKED, _SAME_CONSUMED),
    ),
    Gate("facts.fct_lot_draws_daily", (_DRAWN,)),
    Gate("facts.fct_ledger_warnings", (*_ENTRY_CHECKS, _NONE_WAITS)),
)
