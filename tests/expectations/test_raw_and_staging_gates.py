"""A corrupted lake or staging is reported by its gate: file, line, event or key."""

from collections.abc import Callable

import pytest

from expectations.runner import GateReport

Corruption = tuple[
    str, str, str, tuple[str, ...]
]  # check, severity, what corrupts the batch, words of the message
CRITICAL, WARNING = "critical", "warning"

FEEDS = {
    "generation_events": ("event_id", "events/1.jsonl"),
    "content_outcomes": ("outcome_id", "outcomes/1.jsonl"),
    "event_retractions": ("retraction_id", "retractions/1.jsonl"),
    "credit_entries": ("entry_id", "entries/1.jsonl"),
    "workspaces": ("workspace_id", "workspaces/1.csv"),
    "members": ("member_id", "members/1.csv"),
    "products": ("product_id", "products/1.csv"),
    "credit_packs": ("pack_id", "packs/1.csv"),
    "credit_plans": ("plan_id", "plans/1.csv"),
    "budgets": ("budget_id", "budgets/1.csv"),
    "rate_cards": ("card", "rates/1.csv"),
    "provider_totals": ("source", "totals/1.csv"),
}
KEYED = ("generation_events", "content_outcomes", "event_retractions", "credit_entries")


def _corrupted_raw_feeds() -> list[Corruption]:
    corruption: list[Corruption] = []
    for feed, (key, file) in FEEDS.items():
        first_line = f"raw.{feed} where batch_id = 1 and line_number = 1"
        lost = f"delete from {first_line}"
        whole = ("rows accepted", "in the table")
        corruption.append((f"{feed}_holds_every_batch", CRITICAL, lost, whole))
        doubled = f"insert into raw.{feed} select * from raw.{feed}"
        corruption.append((f"{feed}_holds_every_batch", CRITICAL, doubled, whole))
        corruption.append((f"{feed}_rows_equal_the_manifest", CRITICAL, lost, (file, "batch 1")))
        unfilled = f"update {first_line.replace(' where', f' set {key} = null where')}"
        corruption.append((f"{feed}_keys_are_filled", CRITICAL, unfilled, (f"line 1 of file {file}",)))
    for feed in ("generation_events", "credit_entries", "credit_packs", "credit_plans"):
        changed = f"update raw.{feed} set credits = credits + 0.000001 where batch_id = 1 and line_number = 1"
        corruption.append(
            (f"{feed}_credits_equal_the_manifest", CRITICAL, changed, (FEEDS[feed][1], "0001 in the table"))
        )
    return corruption


def _corrupted_staged_feeds() -> list[Corruption]:
    corruption: list[Corruption] = []
    for feed in KEYED:
        emptied = f"delete from staging.stg_{feed}"
        corruption.append((f"{feed}_are_staged", CRITICAL, emptied, ("0 rows, expected",)))
        lost = f"delete from staging.stg_{feed} where {FEEDS[feed][0]} <> 'e1'"
        corruption.append((f"{feed}_rows_add_up", CRITICAL, lost, ("accepted rows", "live")))
        twice = f"insert into staging.stg_{feed} select * from staging.stg_{feed}"
        corruption.append((f"{feed}_rows_add_up", CRITICAL, twice, ("accepted rows", "live")))
        corruption.append((f"{feed}_are_staged", CRITICAL, twice, ("rows, expected",)))
    for feed in ("generation_events", "credit_entries"):
        changed = f"update staging.stg_{feed} set credits = credits + 0.000001"
        corruption.append((f"{feed}_credits_add_up", CRITICAL, changed, ("accepted credits", "live")))
    return corruption


RAW: list[Corruption] = [
    *_corrupted_raw_feeds(),
    (
        "generation_events_credits_are_not_negative",
        CRITICAL,
        "update raw.generation_events set credits = -0.000001 where event_id = 'e7'",
        ("native e7", "w2", "-0.000001"),
    ),
    (
        "lines_are_accepted_or_quarantined",
        CRITICAL,
        "update raw.deliveries set line_count = 9 where file_path = 'events/1.jsonl'",
        ("events/1.jsonl", "9 lines, 7 accepted, 1 quarantined"),
    ),
    (
        "records_are_mapped_left_out_or_quarantined",
        CRITICAL,
        "update raw.mapping_counts set left_out_count = 1",
        ("acme/1.jsonl", "3 records, 1 mapped, 1 left out, 0 quarantined"),
    ),
    (
        "records_are_mapped_left_out_or_quarantined",
        CRITICAL,
        "delete from raw.mapping_counts",
        ("acme/1.jsonl", "3 records, 0 mapped, 0 left out, 0 quarantined"),
    ),
    (
        "quarantine_holds_every_batch",
        CRITICAL,
        "delete from raw.quarantine",
        ("1 lines and 0 files rejected, 0 lines and 0 files in raw.quarantine",),
    ),
    (
        "quarantine_holds_every_batch",
        CRITICAL,
        """insert into raw.deliveries values
        (1, 'members', 'm.csv', 'rejected', 40, 0, 40, null, null, false, 'no row has member_id')""",
        ("1 lines and 1 files rejected, 1 lines and 0 files in raw.quarantine",),
    ),
    (
        "quarantined_lines_are_kept",
        CRITICAL,
        "delete from raw.quarantine",
        ("events/1.jsonl", "1 lines quarantined, 0 in raw.quarantine"),
    ),
    (
        "something_was_loaded",
        CRITICAL,
        """update raw.deliveries set accepted_count = 0, quarantined_count = line_count;
        insert into raw.quarantine values
            (1, 'members', 'members/1.csv', 2, 'required', 'member_id is required'),
            (1, 'members', 'members/1.csv', 1, 'sign', 'credits must be positive; found kim@example.org'),
            (1, 'members', 'members/2.csv', 1, 'required', 'member_id is required')""",
        (
            "nothing was loaded: 24 lines were refused: members/1.csv: member_id is required; ",
            "members/1.csv: credits must be positive; events/1.jsonl: occurred_at has no offset. Correct",
        ),
    ),
    (
        "something_was_loaded",
        CRITICAL,
        "update raw.deliveries set accepted_count = 0, quarantined_count = 0, line_count = 0",
        ("nothing was loaded: no file in the folder of a feed has a row",),
    ),
    (
        "something_was_loaded",
        CRITICAL,
        """update raw.deliveries set accepted_count = 0, quarantined_count = 0, line_count = 0,
            status = 'rejected'""",
        ("nothing was loaded: 16 files were refused: events/1.jsonl",),
    ),
    (
        "every_file_is_in_the_folder_of_a_feed",
        WARNING,
        """insert into raw.deliveries values
        (2, null, 'Events/', 'unread', 0, 0, 0, null, null, false, 'the folder is no feed''s')""",
        ("Events/: the folder is no feed's", "Move it into the folder of its feed"),
    ),
    (
        "at_most_a_fifth_of_a_file_is_refused",
        WARNING,
        """insert into raw.deliveries values
            (3, 'members', 'good.csv', 'loaded', 500, 400, 100, null, null, false, null),
            (3, 'members', 'm.csv', 'loaded', 9, 7, 2, null, null, false, null);
        insert into raw.quarantine values
            (3, 'members', 'm.csv', 1, 'required', 'member_id is required; found kim@example.org'),
            (3, 'members', 'm.csv', 2, 'required', 'member_id is required')""",
        ("found 1 case: file m.csv: 2 of 9 lines, most often because member_id is required. Correct",),
    ),
    (
        "no_file_comes_again_with_other_bytes",
        WARNING,
        "update raw.deliveries set replaces_earlier = true where batch_id = 2 and status = 'loaded'",
        ("events/2.jsonl",),
    ),
    (
        "no_file_is_rejected",
        WARNING,
        """insert into raw.deliveries values
        (2, 'members', 'm.csv', 'rejected', 0, 0, 0, null, null, false, 'the gzip is cut short')""",
        ("m.csv: the gzip is cut short",),
    ),
    (
        "no_unknown_column_arrives",
        WARNING,
        """update raw.deliveries set unknown_columns = '["colour"]'
        where batch_id = 2 and status = 'loaded'""",
        ("generation_events", '["colour"]', "events/2.jsonl"),
    ),
    (
        "at_most_1_percent_of_lines_are_rejected",
        WARNING,
        """insert into raw.deliveries values
            (3, 'members', 'm.csv', 'loaded', 299, 296, 3, null, null, false, null);
        insert into raw.quarantine values
            (3, 'members', 'm.csv', 1, 'utf8', 'the line is not UTF-8'),
            (3, 'members', 'm.csv', 2, 'required', 'member_id is missing'),
            (3, 'members', 'm.csv', 3, 'required', 'member_id is missing')""",
        ("members: 3 of 299 lines", "most often required (member_id is missing)"),
    ),
]

# these look at the newest batch, whether or not an earlier run had it
OF_THE_NEWEST_BATCH = (
    "no_file_comes_again_with_other_bytes",
    "no_file_is_rejected",
    "no_unknown_column_arrives",
    "at_most_1_percent_of_lines_are_rejected",
    "at_most_a_fifth_of_a_file_is_refused",
    "every_file_is_in_the_folder_of_a_feed",
)
# and these count the rows of all batches, so that a table cannot lose rows checked before
OF_EVERY_BATCH = (
    "something_was_loaded",
    "quarantine_holds_every_batch",
    *(f"{feed}_holds_every_batch" for feed in FEEDS),
)
RAW_ALWAYS = [corruption for corruption in RAW if corruption[0] in (*OF_THE_NEWEST_BATCH, *OF_EVERY_BATCH)]
RAW_ONCE = [corruption for corruption in RAW if corruption not in RAW_ALWAYS]

STAGING: list[Corruption] = [
    *_corrupted_staged_feeds(),
    (
        "generation_events_rows_add_up",
        CRITICAL,
        "delete from staging.stg_repeated_deliveries",
        ("8 accepted rows, 7 live, 0 duplicate, 0 conflicting",),
    ),
    (
        "generation_events_credits_add_up",
        CRITICAL,
        "update staging.stg_repeated_deliveries set credits = credits + 0.000001",
        ("42.750000 accepted credits, 32.750000 live, 10.000001 duplicate",),
    ),
    (
        "no_key_has_two_contents",
        WARNING,
        """insert into staging.stg_repeated_deliveries
        values ('members', 'native', 'e9', 2, 'late.jsonl', 4, 1, true, 6, 9)""",
        ("native e9", "line 4 of file late.jsonl"),
    ),
]


STAGING_ALWAYS = [corruption for corruption in STAGING if corruption[0].endswith("_are_staged")]
STAGING_ONCE = [corruption for corruption in STAGING if corruption not in STAGING_ALWAYS]


@pytest.mark.parametrize("corruption", RAW, ids=[corruption[0] for corruption in RAW])
def test_a_corrupted_lake_is_reported(corruption: Corruption, assert_reported: Callable[..., None]) -> None:
    assert_reported("raw", *corruption)


@pytest.mark.parametrize("corruption", RAW_ONCE, ids=[corruption[0] for corruption in RAW_ONCE])
def test_a_batch_is_checked_only_by_the_run_that_loads_it(
    corruption: Corruption, assert_checked_once: Callable[..., None]
) -> None:
    assert_checked_once("raw", *corruption)


@pytest.mark.parametrize("corruption", RAW_ALWAYS, ids=[corruption[0] for corruption in RAW_ALWAYS])
def test_the_newest_batch_and_the_sum_of_all_are_checked_by_every_run(
    corruption: Corruption, assert_always_checked: Callable[..., None]
) -> None:
    assert_always_checked("raw", *corruption)


def test_every_raw_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("raw", [corruption[0] for corruption in RAW])


@pytest.mark.parametrize("corruption", STAGING, ids=[corruption[0] for corruption in STAGING])
def test_a_corrupted_staging_is_reported(
    corruption: Corruption, assert_reported: Callable[..., None]
) -> None:
    assert_reported("staging", *corruption)


@pytest.mark.parametrize("corruption", STAGING_ALWAYS, ids=[corruption[0] for corruption in STAGING_ALWAYS])
def test_the_rows_of_all_batches_are_counted_by_every_run(
    corruption: Corruption, assert_always_checked: Callable[..., None]
) -> None:
    assert_always_checked("staging", *corruption)


@pytest.mark.parametrize("corruption", STAGING_ONCE, ids=[corruption[0] for corruption in STAGING_ONCE])
def test_staged_rows_are_checked_only_by_the_run_that_stages_them(
    corruption: Corruption, assert_checked_once: Callable[..., None]
) -> None:
    assert_checked_once("staging", *corruption)


def test_every_staging_check_is_failed_by_some_batch(assert_all_covered: Callable[..., None]) -> None:
    assert_all_covered("staging", [corruption[0] for corruption in STAGING])


def test_a_conflict_that_adds_up_is_only_a_warning(
    change: Callable[[str], None], gate: Callable[[str], GateReport]
) -> None:
    change("""insert into raw.generation_events
        select source, event_id, occurred_at, workspace_id, member_id, product_id, generation_type, status,
            6 as credits, 2 as batch_id, 'events/2.jsonl', 2, 'h-other', 9
        from raw.generation_events where event_id = 'e2';
    insert into staging.stg_repeated_deliveries
        values ('generation_events', 'native', 'e2', 2, 'events/2.jsonl', 2, 1, true, 6, 9)""")

    report = gate("staging")

    assert report.failed_critical == ()
    assert [result.check_name for result in report.failed_warnings] == ["no_key_has_two_contents"]


def test_a_rejected_file_is_quarantined_whole_and_not_line_by_line(
    change: Callable[[str], None], gate: Callable[[str], GateReport]
) -> None:
    change("""insert into raw.deliveries
        values (2, 'members', 'm.csv', 'rejected', 40, 0, 40, null, null, false, 'no row has member_id');
    insert into raw.quarantine
        values (2, 'members', 'm.csv', null, 'file.missing_column', 'no row has member_id')""")

    assert gate("raw").failed_critical == ()
