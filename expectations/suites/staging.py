"""Gates on staging: every accepted row is kept, a duplicate or a conflict; none is lost in between.

Not here: the types and values of one row; dbt tests prove those.
"""

from expectations.gates import Check, Gate

_KEYS = {
    "generation_events": ("source", "event_id"),
    "content_outcomes": ("source", "outcome_id"),
    "event_retractions": ("source", "retraction_id"),
    "credit_entries": ("workspace_id", "entry_id"),
}
_WITH_CREDITS = ("generation_events", "credit_entries")
_REBUILD = "Staging does not fit the lake: run again with --full-refresh, and report it if it stays"


def _adds_up(feed: str, row: str) -> str:
    """Accepted = live + duplicate + conflicting, where one row counts for `row`: 1, or its credits."""
    return f"""
        with accepted as (select coalesce(sum({row}), 0) as accepted from raw.{feed}),
        staged as (
            select
                coalesce(sum({row}), 0) as live,
                coalesce(sum((delivery_count - 1 - conflict_count) * {row}), 0) as duplicate
            from staging.stg_{feed}
        ),
        losing as (
            select coalesce(sum({row}), 0) as conflicting from staging.stg_conflicts where feed = '{feed}'
        )
        select accepted.accepted, staged.live, staged.duplicate, losing.conflicting
        from accepted cross join staged cross join losing
        where accepted.accepted <> staged.live + staged.duplicate + losing.conflicting
    """


def _rows_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_rows_add_up",
        rule=f"the accepted rows of {feed} are its keys, their duplicates and their conflicts",
        cases=_adds_up(feed, "1"),
        found="{accepted} accepted rows, {live} live, {duplicate} duplicate, {conflicting} conflicting",
        why="The clearing equation: a row that is none of them is lost or counted twice.",
        remedy=_REBUILD,
    )


def _credits_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_credits_add_up",
        rule=f"the accepted credits of {feed} are the live, the duplicate and the conflicting ones",
        cases=_adds_up(feed, "credits"),
        found="{accepted} accepted credits, {live} live, {duplicate} duplicate, {conflicting} conflicting",
        why="The clearing equation in credits: the sum readers see is explained to the last digit.",
        remedy=_REBUILD,
    )


def _keys_check(feed: str) -> Check:
    scope, identity = _KEYS[feed]
    return Check(
        name=f"{feed}_keys_are_unique",
        rule=f"staging.stg_{feed} has one row for each {scope} and {identity}",
        cases=f"""
            select {scope}, {identity}, count(*) as row_count
            from staging.stg_{feed}
            group by {scope}, {identity}
            having count(*) > 1
        """,
        found=f"{{{scope}}} {{{identity}}} in {{row_count}} rows",
        why="A key in two rows is counted twice in everything built on it.",
        remedy=_REBUILD,
    )


def _feed_gate(feed: str) -> Gate:
    checks = [_rows_check(feed), _keys_check(feed)]
    if feed in _WITH_CREDITS:
        checks.append(_credits_check(feed))
    return Gate(f"staging.stg_{feed}", tuple(checks))


_ONE_CONTENT = Check(
    name="no_key_has_two_contents",
    rule="a key that is delivered again has the same content again",
    cases="select * from staging.stg_conflicts",
    found=(
        "{feed} {key_scope} {key_id}: line {line_number} of file {file_path} in batch {batch_id} "
        "differs from batch {winning_batch_id}"
    ),
    why="The first content counts and the other is left out, though it may be the right one.",
    remedy="If the first content is wrong, retract the key and deliver the right content under a new id",
    severity="warning",
)

GATES = (*map(_feed_gate, _KEYS), Gate("staging.stg_conflicts", (_ONE_CONTENT,)))
