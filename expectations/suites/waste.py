"""Gates on the waste classifier: each attempt scored once, expected waste within what is pending.

Not here: how good a model is; it passes a gate of its own before it is promoted (forecasting/waste_gate.py).
"""

from expectations.gates import Check, Gate
from expectations.suites.periods import PERIODS

_ATTEMPTS = "Report it with the attempts of this workspace in the 180 days up to as_of"
_REGISTRY = "Run again with --full-refresh, and report it with the rows of waste.models if it stays"

_SCORED_ONCE = Check(
    name="every_attempt_has_one_probability",
    rule="every succeeded generation of the last 90 days has one probability, and nothing else has one",
    # read from the table that the cases are a view of, which would number all episodes once more
    cases="""
        with counted as (
            select row_id, sum(due) as due, sum(told) as told
            from (
                select row_id, 1 as due, 0 as told
                from facts.int_generations_classified
                where attempt_number is not null and usage_date > :as_of - 90
                union all
                select row_id, 0 as due, 1 as told from waste.probabilities
            ) as both_sides
            group by row_id
            having sum(due) <> 1 or sum(told) <> 1
        )
        select counted.row_id, counted.due, counted.told, generations.workspace_id, generations.event_id
        from counted
        left join facts.int_generations_classified as generations on counted.row_id = generations.row_id
    """,
    found="workspace {workspace_id}, event {event_id}, row {row_id}: {told} told where {due} is due",
    why="A generation without a chance, or with two, makes every sum of chances wrong.",
    remedy=_ATTEMPTS,
)
_CHANCES = Check(
    name="probabilities_lie_between_0_and_1",
    rule="a probability lies within 0 and 1, and was told by rule or boosting",
    cases="""
        select * from waste.probabilities
        where
            coalesce(waste_probability < 0 or waste_probability > 1, true)
            or coalesce(model_used not in ('rule', 'boosting'), true)
    """,
    found="row {row_id}: {waste_probability} by {model_used}",
    why="What is no chance cannot be ranked by, and expected waste is summed from it.",
    remedy=_ATTEMPTS,
)
_ONE_PROMOTED = Check(
    name="one_waste_model_is_in_use",
    rule="exactly one waste model is promoted, on any night, and it is waste_rule or waste_boosting",
    cases="""
        select count(*) as promoted_count, min(model) as first_model, max(model) as last_model
        from waste.models
        where promoted
        having count(*) <> 1 or coalesce(max(model) not in ('waste_rule', 'waste_boosting'), true)
    """,
    found="{promoted_count} promoted, {first_model} to {last_model}",
    why="Nobody could say what the probabilities rest on; the logistic twin is only there to compare.",
    remedy=_REGISTRY,
)
_BY_THE_PROMOTED = Check(
    name="probabilities_are_told_by_the_model_in_use",
    rule="model_used is the promoted waste model",
    cases="""
        select told.model_used, told.row_count
        from (
            select model_used, count(*) as row_count from waste.probabilities group by model_used
        ) as told
        left join (select model from waste.models where promoted) as used
            on concat('waste_', told.model_used) = used.model
        where used.model is null
    """,
    found="{row_count} probabilities by {model_used}",
    why="The scores of one model beside the chances of another vouch for nothing.",
    remedy=_REGISTRY,
)
_NONE_REFUSED = Check(
    name="the_stored_model_is_the_registered_one",
    rule="the stored waste model is the one that was registered",
    # its first sentence: the others are the remedy
    cases="""
        select model, version, split_part(refused, '. ', 1) as reason
        from waste.models
        where refused is not null
    """,
    found="{model} {version}: {reason}",
    why="A file that somebody changed is not read; the rule tells instead, and less sharply.",
    remedy=(
        "The rule is used instead. Delete models/waste_boosting-*.skops in the data directory; "
        "the next run learns it anew"
    ),
    severity="warning",
)

_EXPECTED_ONCE = Check(
    name="pending_waste_is_told_once",
    rule="a workspace and period, 7d, 30d or 90d, has one row at most",
    cases="""
        select workspace_id, period, count(*) as row_count
        from waste.pending_waste
        group by workspace_id, period
        having
            count(*) <> 1 or workspace_id is null or coalesce(period, '') not in ('7d', '30d', '90d')
    """,
    found="workspace {workspace_id}, {period}: {row_count} rows",
    why="Two rows of one window make two headlines of one.",
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
    why="A range that does not hold its own middle is no range.",
    remedy=_ATTEMPTS,
)
_PENDING = f"""
    select daily.workspace_id, periods.period, sum(daily.pending_credits) as pending_credits
    from facts.fct_usage_daily as daily
    inner join {PERIODS} as periods on daily.usage_date >= periods.first_date
    where daily.usage_date > :as_of - 90
    group by daily.workspace_id, periods.period
"""
# chances are summed in floating point: a millionth of what is pending may be left over
_NO_MORE = Check(
    name="pending_waste_is_at_most_what_is_pending",
    rule="high is at most the pending credits of the workspace and period, to a millionth of them",
    cases=f"""
        select told.workspace_id, told.period, told.high_credits, pending.pending_credits
        from waste.pending_waste as told
        left join ({_PENDING}) as pending
            on told.workspace_id = pending.workspace_id and told.period = pending.period
        where coalesce(
            (told.high_credits - pending.pending_credits) * 1000000 > pending.pending_credits, true
        )
    """,
    found="workspace {workspace_id}, {period}: up to {high_credits} of {pending_credits} pending",
    why="More waste than credits that can still become waste is expected of nothing.",
    remedy=_ATTEMPTS,
)
_ALL_OR_NONE = Check(
    name="pending_waste_is_told_of_all_that_is_pending",
    rule="once anything is expected, every workspace and period with pending credits has a row",
    cases=f"""
        select pending.workspace_id, pending.period, pending.pending_credits
        from ({_PENDING}) as pending
        left join waste.pending_waste as told
            on pending.workspace_id = told.workspace_id and pending.period = told.period
        where
            pending.pending_credits > 0 and told.workspace_id is null
            and (select count(*) from waste.pending_waste) > 0
    """,
    found="workspace {workspace_id}, {period}: {pending_credits} pending, nothing expected",
    why="A missing row says that nothing is known yet, which is not so once others have one.",
    remedy=_ATTEMPTS,
)

GATES = (
    # waste.models comes from the same step: its checks are here
    Gate(
        "waste.probabilities",
        (_SCORED_ONCE, _CHANCES, _ONE_PROMOTED, _BY_THE_PROMOTED, _NONE_REFUSED),
    ),
    Gate("waste.pending_waste", (_EXPECTED_ONCE, _IN_ORDER, _NO_MORE, _ALL_OR_NONE)),
)
