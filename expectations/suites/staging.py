"""Gates on staging: every accepted row is kept, a duplicate or a conflict; none is lost in between.

Not here: the types and values of one row; dbt tests prove those.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql
from expectations.suites.row_counts import row_count_check

_FEEDS = ("generation_events", "content_outcomes", "event_retractions", "credit_entries")
_WITH_CREDITS = ("generation_events", "credit_entries")
_REBUILD = "Staging does not fit the lake: run again with --full-refresh, and report it if it stays"


def _rows_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_rows_add_up",
        rule=f"the accepted rows of {feed} are its keys, their duplicates and their conflicts",
        cases=read_sql("staging/rows_add_up", feed=feed),
        found="{accepted} accepted rows, {live} live, {duplicate} duplicate, {conflicting} conflicting",
        why="The clearing equation: a row that is none of them is lost or counted twice.",
        remedy=_REBUILD,
    )


def _credits_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_credits_add_up",
        rule=f"the accepted credits of {feed} are the live, the duplicate and the conflicting ones",
        cases=read_sql("staging/credits_add_up", feed=feed),
        found="{accepted} accepted credits, {live} live, {duplicate} duplicate, {conflicting} conflicting",
        why="The clearing equation in credits: the sum readers see is explained to the last digit.",
        remedy=_REBUILD,
    )


def _feed_gate(feed: str) -> Gate:
    all_rows = row_count_check(
        f"{feed}_are_staged",
        table=f"staging.stg_{feed}",
        expected=f"raw.{feed} minus staging.stg_repeated_deliveries where feed = '{feed}'",
        why="A check of the new rows alone would miss that rows of earlier runs are gone.",
        remedy=_REBUILD,
    )
    checks = [all_rows, _rows_check(feed)]
    if feed in _WITH_CREDITS:
        checks.append(_credits_check(feed))
    return Gate(f"staging.stg_{feed}", tuple(checks))


_ONE_CONTENT = Check(
    name="no_key_has_two_contents",
    rule="a key that is delivered again has a higher revision, or the same content or more",
    cases="select * from staging.stg_conflicts where :is_new(batch_id)",
    found=(
        "{feed} {key_scope} {key_id}: line {line_number} of file {file_path} in batch {batch_id} "
        "differs from batch {winning_batch_id}"
    ),
    why="The first content counts and the other is left out, though it may be the right one.",
    remedy=(
        "A corrected row: deliver it with a higher revision. A row that still grows: deliver complete days, "
        "or a higher revision each time. Ids that are not unique: set source for each workspace, or build "
        "the id from more columns; never retract, since both rows are true"
    ),
    severity="warning",
)

GATES = (*map(_feed_gate, _FEEDS), Gate("staging.stg_conflicts", (_ONE_CONTENT,)))
