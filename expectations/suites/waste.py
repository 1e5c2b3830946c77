"""Gates on the waste classifier: each attempt scored once, expected waste within what is pending.

Not here: how good a model is; forecasting/waste/promotion.py decides that.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_ATTEMPTS = "Report it with the attempts of this workspace in the 180 days up to as_of"
_REGISTRY = "Run again with --full-refresh, and report it with the rows of waste.models if it stays"

_SCORED_ONCE = Check(
    name="every_attempt_has_one_probability",
    rule="every succeeded generation of the last 90 days has one probability, and no other row has one",
    # from the table under ml_waste_cases: the view would number all episodes again
    cases=read_sql("waste/every_attempt_has_one_probability"),
    found="workspace {workspace_id}, event {event_id}, row {row_id}: {actual} found, expected {expected}",
    why="A generation without a probability, or with two, makes every sum of them wrong.",
    remedy=_ATTEMPTS,
)
_PROBABILITIES = Check(
    name="probabilities_lie_between_0_and_1",
    rule="a probability lies within 0 and 1, and comes from rule or boosting",
    cases="""
        select * from waste.probabilities
        where
            coalesce(waste_probability < 0 or waste_probability > 1, true)
            or coalesce(model_used not in ('rule', 'boosting'), true)
    """,
    found="row {row_id}: {waste_probability} by {model_used}",
    why="Content is ranked by it, and expected waste is summed from it.",
    remedy=_ATTEMPTS,
)
_ONE_PROMOTED = Check(
    name="one_waste_model_is_in_use",
    rule="exactly one waste model is promoted, and it is waste_rule or waste_boosting",
    cases="""
        select count(*) as promoted_count, min(model) as first_model, max(model) as last_model
        from waste.models
        where promoted
        having count(*) <> 1 or coalesce(max(model) not in ('waste_rule', 'waste_boosting'), true)
    """,
    found="{promoted_count} promoted, {first_model} to {last_model}",
    why="The probabilities cannot be traced to one model; the logistic twin is a benchmark only.",
    remedy=_REGISTRY,
)
_BY_THE_PROMOTED = Check(
    name="probabilities_come_from_the_promoted_model",
    rule="model_used is the promoted waste model",
    cases=read_sql("waste/probabilities_come_from_the_promoted_model"),
    found="{row_count} probabilities by {model_used}",
    why="The scores of one model say nothing of the probabilities of another.",
    remedy=_REGISTRY,
)
_NONE_REFUSED = Check(
    name="the_stored_model_is_the_registered_one",
    rule="the stored waste model is the one that was registered",
    # its first sentence; the rest is the remedy
    cases="""
        select model, version, split_part(refused, '. ', 1) as reason
        from waste.models
        where refused is not null
    """,
    found="{model} {version}: {reason}",
    why="A file that was changed is not read; the less precise rule predicts instead.",
    remedy=(
        "The rule is used instead. Delete models/waste_boosting-*.npz in the data directory; "
        "the next run trains it again"
    ),
    severity="warning",
)

_EXPECTED_ONCE = Check(
    name="pending_waste_is_unique",
    rule="a workspace and period has one row at most",
    cases="""
        select workspace_id, period, count(*) as row_count
        from waste.pending_waste
        group by workspace_id, period
        having count(*) <> 1 or workspace_id is null or period is null
    """,
    found="workspace {workspace_id}, {period}: {row_count} rows",
    why="Two rows of one window are two answers to one question.",
    remedy=_ATTEMPTS,
)
_IN_ORDER = Check(
    name="pending_waste_ranges_hold_what_is_expected",
    rule="0 <= low <= expected <= high, for each workspace and period",
    cases="""
        select * from waste.pending_waste
        where coalesce(
            low_credits < 0 or low_credits > expected_credits or expected_credits > high_credits, true
        )
    """,
    found="workspace {workspace_id}, {period}: {expected_credits} expected, {low_credits} to {high_credits}",
    why="A range must contain the expected value.",
    remedy=_ATTEMPTS,
)
_PENDING = f"pending as ({read_sql('waste/pending_by_period')})"
# probabilities are summed in floating point: allow a millionth of what is pending
_NO_MORE = Check(
    name="pending_waste_is_at_most_what_is_pending",
    rule="high is at most the pending credits of the workspace and period, to a millionth of them",
    cases=read_sql("waste/pending_waste_is_at_most_what_is_pending"),
    found="workspace {workspace_id}, {period}: up to {high_credits} of {pending_credits} pending",
    why="Expected waste cannot exceed the credits that can still become waste.",
    remedy=_ATTEMPTS,
)
_ALL_OR_NONE = Check(
    name="pending_waste_covers_all_that_is_pending",
    rule="once anything is expected, every workspace and period with pending credits has a row",
    cases=read_sql("waste/pending_waste_covers_all_that_is_pending"),
    found="workspace {workspace_id}, {period}: {pending_credits} pending, nothing expected",
    why="A missing row reads as not yet known, which is wrong once other rows exist.",
    remedy=_ATTEMPTS,
)

GATES = (
    # waste.models comes from the same step: its checks are here
    Gate(
        "waste.probabilities",
        (_SCORED_ONCE, _PROBABILITIES, _ONE_PROMOTED, _BY_THE_PROMOTED, _NONE_REFUSED),
    ),
    Gate("waste.pending_waste", (_EXPECTED_ONCE, _IN_ORDER, _NO_MORE, _ALL_OR_NONE), reads=_PENDING),
)
