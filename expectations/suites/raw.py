"""Gates on the lake: every delivered line and credit is in a raw table or in quarantine.

Not here: whether a line meets the contract; the landing reader decides that.
"""

from expectations.gates import Check, Gate
from expectations.sql_files import read_sql

_FILLED = {
    "generation_events": (
        *("source", "event_id", "occurred_at", "workspace_id", "generation_type"),
        *("status", "credits"),
    ),
    "content_outcomes": ("source", "outcome_id", "event_id", "occurred_at", "outcome"),
    "event_retractions": ("source", "retraction_id", "event_id", "occurred_at"),
    "credit_entries": (
        *("workspace_id", "entry_id", "entry_type", "occurred_at"),
        *("effective_at", "priority", "credits"),
    ),
    "workspaces": ("workspace_id",),
    "members": ("workspace_id", "member_id"),
    "products": ("workspace_id", "product_id"),
    "credit_plans": ("workspace_id", "plan_id", "credits", "interval", "starts_on"),
    "credit_packs": ("workspace_id", "pack_id", "credits", "price", "currency"),
    "budgets": ("budget_id", "workspace_id", "scope", "period"),
    "rate_cards": ("card", "valid_from", "unit", "credits_per_unit"),
    "provider_totals": ("source", "day", "period", "timezone"),
}
_ORIGIN = ("batch_id", "file_path", "line_number", "content_hash")
_WITH_CREDITS = ("generation_events", "credit_entries", "credit_packs", "credit_plans")
_NEWEST_BATCH = "batch_id = (select max(batch_id) from raw.deliveries)"
_COMPARE = "The lake is damaged or a load was cut short: compare the batch with its deliveries.parquet"


def _rows_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_rows_equal_the_manifest",
        rule=f"raw.{feed} has as many rows of each file as the manifest accepted",
        cases=read_sql("raw/rows_equal_the_manifest", feed=feed),
        found="file {file_path} of batch {batch_id}: {promised} rows accepted, {kept} in the table",
        why="A line that was accepted and is not there is lost without a trace.",
        remedy=_COMPARE,
    )


def _whole_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_holds_every_batch",
        rule=f"raw.{feed} has as many rows as were accepted in all batches",
        cases=read_sql("raw/holds_every_batch", feed=feed),
        found="{promised} rows accepted, {kept} in the table",
        why="A check of the new rows alone would miss that rows of earlier runs are gone.",
        remedy=_COMPARE,
    )


def _credits_check(feed: str) -> Check:
    return Check(
        name=f"{feed}_credits_equal_the_manifest",
        rule=f"the credits of each file in raw.{feed} are exactly those the manifest accepted",
        cases=read_sql("raw/credits_equal_the_manifest", feed=feed),
        found="file {file_path} of batch {batch_id}: {promised} credits accepted, {kept} in the table",
        why="Everything shown is a sum of these credits.",
        remedy=_COMPARE,
    )


def _filled_check(feed: str) -> Check:
    is_unfilled = " or ".join(f"{column} is null" for column in (*_FILLED[feed], *_ORIGIN))
    return Check(
        name=f"{feed}_keys_are_filled",
        rule=f"keys and required columns of raw.{feed} are never null",
        cases=f"""
            select batch_id, file_path, line_number from raw.{feed}
            where :is_new(batch_id) and ({is_unfilled})
        """,
        found="line {line_number} of file {file_path}, batch {batch_id}",
        why="Rows without a key are joined to nothing, or all to each other.",
        remedy="The reader let a line through that belongs in quarantine; report it with the line named here",
    )


_NOT_NEGATIVE = Check(
    name="generation_events_credits_are_not_negative",
    rule="a generation costs 0 credits or more",
    cases="select source, event_id, workspace_id, credits from raw.generation_events "
    "where credits < 0 and :is_new(batch_id)",
    found="event {source} {event_id} of workspace {workspace_id}: {credits} credits",
    why="A negative charge hides usage; corrections are retractions or credit entries.",
    remedy="Retract the event and deliver it under a new id with its true credits",
)


def _feed_gate(feed: str) -> Gate:
    checks = [_whole_check(feed), _rows_check(feed), _filled_check(feed)]
    if feed in _WITH_CREDITS:
        checks.append(_credits_check(feed))
    if feed == "generation_events":
        checks.append(_NOT_NEGATIVE)
    return Gate(f"raw.{feed}", tuple(checks))


_LINES = Check(
    name="lines_are_accepted_or_quarantined",
    rule="each line of a file is accepted or quarantined, and only loaded files have accepted lines",
    cases=read_sql("raw/lines_are_accepted_or_quarantined"),
    found=(
        "{status} file {file_path} of batch {batch_id}: {line_count} lines, {accepted_count} accepted, "
        "{quarantined_count} quarantined"
    ),
    why="The clearing equation: a line that is neither is lost.",
    remedy=_COMPARE,
)

_RECORDS = Check(
    name="records_are_mapped_left_out_or_quarantined",
    rule="each record of another system's file is mapped, left out by its mapping or quarantined",
    cases=read_sql("raw/records_are_mapped_or_explained", feeds=", ".join(f"'{feed}'" for feed in _FILLED)),
    found=(
        "file {file_path} of batch {batch_id}: {record_count} records, {mapped_count} mapped, "
        "{left_out_count} left out, {quarantined_count} quarantined"
    ),
    why="The clearing equation: a record that is none of these is lost.",
    remedy="Remove DATA_DIR/raw/derived and run again: the rows are derived again. If it stays, report it",
)

_SAME_BYTES = Check(
    name="no_file_comes_again_with_other_bytes",
    rule="a file keeps the bytes it was delivered with, and grows only at its end",
    cases=f"select file_path from raw.deliveries where replaces_earlier and {_NEWEST_BATCH}",
    found="file {file_path}",
    why="Both versions are loaded; what only the earlier one had still counts.",
    remedy="Nothing, if only refused lines were corrected. Give corrected rows a higher revision, and "
    "retract what the file no longer has",
    severity="warning",
)

_NOT_REJECTED = Check(
    name="no_file_is_rejected",
    rule="every file of the newest batch can be read",
    cases=f"""
        select file_path, split_part(reason, '; found', 1) as reason
        from raw.deliveries
        where status = 'rejected' and {_NEWEST_BATCH}
    """,
    found="file {file_path}: {reason}",
    why="All its usage is missing from every number until it is delivered again.",
    remedy="Fix the file as its reason says and deliver it again",
    severity="warning",
)

_ALL_READ = Check(
    name="every_file_is_in_the_folder_of_a_feed",
    rule="whatever lies in the landing directory is in the folder of a feed, or of a source with a mapping",
    cases=f"select file_path, reason from raw.deliveries where status = 'unread' and {_NEWEST_BATCH}",
    found="{file_path}: {reason}",
    why="It is not read: what is in it is missing from every number.",
    remedy="Move it into the folder of its feed, add or correct its mapping.yml (credits connect), or move "
    "it out of the landing directory",
    severity="warning",
)

_SOMETHING_LOADED = Check(
    name="something_was_loaded",
    rule="nothing is published before at least one line was loaded",
    cases=read_sql("raw/something_was_loaded"),
    found="{outcome}",
    why="A page of zeros looks like a month without usage.",
    remedy="Correct the lines in the landing directory, or name another one with --landing",
)

_NO_DRIFT = Check(
    name="no_unknown_column_arrives",
    rule="the newest batch has only columns the contract knows",
    cases=f"""
        select feed, unknown_columns, min(file_path) as file_path
        from raw.deliveries
        where unknown_columns is not null and unknown_columns <> '[]' and {_NEWEST_BATCH}
        group by feed, unknown_columns
    """,
    found="{feed}: {unknown_columns}, first in file {file_path}",
    why="A renamed column looks like a new one: its values are only kept in attributes, or not at all.",
    remedy="Correct the name at the source, or extend the contract",
    severity="warning",
)

_QUARANTINED_KEPT = Check(
    name="quarantined_lines_are_kept",
    rule="raw.quarantine has as many lines of each loaded file as the manifest quarantined",
    cases=read_sql("raw/quarantined_lines_are_kept"),
    found=(
        "file {file_path} of batch {batch_id}: {quarantined_count} lines quarantined, "
        "{kept_count} in raw.quarantine"
    ),
    why="A rejected line can only be corrected while its text is kept.",
    remedy=_COMPARE,
)

_QUARANTINE_WHOLE = Check(
    name="quarantine_holds_every_batch",
    rule="raw.quarantine has a row for each line and each file rejected in any batch",
    cases=read_sql("raw/quarantine_holds_every_batch"),
    found=(
        "{line_count} lines and {file_count} files rejected, {kept_lines} lines and {kept_files} files "
        "in raw.quarantine"
    ),
    why="A rejected line must stay available until it is corrected, however old it is.",
    remedy=_COMPARE,
)

_FEW_REJECTED = Check(
    name="at_most_1_percent_of_lines_are_rejected",
    rule="of each feed's lines in the newest batch at most 1 % are rejected",
    cases=read_sql("raw/at_most_1_percent_of_lines_are_rejected"),
    found="{feed}: {rejected_count} of {line_count} lines, most often {rule} ({reason})",
    why="One bad line is a slip; many of one kind are a change at the source.",
    remedy="Look them up in raw.quarantine, correct the source, and deliver the lines again",
    severity="warning",
)

_MOST_ACCEPTED = Check(
    name="at_most_a_fifth_of_a_file_is_refused",
    rule="of the lines of each file in the newest batch at most a fifth are refused",
    cases=read_sql("raw/at_most_a_fifth_of_a_file_is_refused"),
    found="file {file_path}: {quarantined_count} of {line_count} lines, most often because {reason}",
    why="Its numbers are those of a file that is mostly missing.",
    remedy="Correct the source of the file, and deliver the lines again",
    severity="warning",
)

GATES = (
    *map(_feed_gate, _FILLED),
    Gate(
        "raw.deliveries",
        (_LINES, _RECORDS, _SOMETHING_LOADED, _ALL_READ, _SAME_BYTES, _NOT_REJECTED, _NO_DRIFT),
    ),
    Gate("raw.quarantine", (_QUARANTINE_WHOLE, _QUARANTINED_KEPT, _FEW_REJECTED, _MOST_ACCEPTED)),
)
