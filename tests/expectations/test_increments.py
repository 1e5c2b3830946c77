"""An incremental run checks what it has computed itself: new batches, changed units, changed days."""

from collections.abc import Callable
from datetime import date

import pytest

from expectations.gates import counts_of
from expectations.runner import CheckResult, fill
from expectations.suites.by_layer import GATES

AS_OF = date(2026, 3, 31)
Failed = Callable[..., CheckResult | None]


def test_of_two_invalid_lines_the_one_of_the_new_batch_is_reported(
    change: Callable[[str], None], failed_check: Failed
) -> None:
    change("update raw.generation_events set generation_type = null where event_id = 'e1'")

    found = failed_check("raw", "generation_events_keys_are_filled", since_batch=1)

    assert found is not None
    assert found.observed == "1 case: line 1 of file events/2.jsonl, batch 2"


def test_a_conflict_is_reported_only_by_the_run_that_loads_it(
    change: Callable[[str], None], failed_check: Failed
) -> None:
    change("update staging.stg_repeated_deliveries set is_conflict = true")

    assert failed_check("staging", "no_key_has_two_contents", since_batch=1) is not None
    assert failed_check("staging", "no_key_has_two_contents", since_batch=2) is None


def test_a_row_lost_by_staging_is_found_in_a_new_batch_only(
    change: Callable[[str], None], failed_check: Failed
) -> None:
    change("delete from staging.stg_repeated_deliveries")

    found = failed_check("staging", "generation_events_rows_add_up", since_batch=1)

    assert found is not None
    assert found.observed == "1 case: 1 accepted rows, 0 live, 0 duplicate, 0 conflicting"
    assert failed_check("staging", "generation_events_rows_add_up", since_batch=2) is None


def test_of_two_invalid_generations_the_one_of_a_changed_unit_is_reported(
    change: Callable[[str], None], failed_check: Failed
) -> None:
    change("""update facts.fct_generations set disposition = 'lost' where event_id in ('e1', 'e2');
    insert into facts.int_changed_generations values (2), (3)""")

    found = failed_check("facts", "generations_have_one_disposition", since_batch=2)

    assert found is not None
    assert found.observed == "1 case: event native e2 of workspace w1: lost, waste_reason null"


@pytest.mark.parametrize(
    "statement",
    [
        "update facts.fct_usage_daily set used_credits = used_credits + 1",
        "update facts.int_generations_classified set credits = credits + 1",
    ],
    ids=["the day's sum", "its generations"],
)
def test_of_invalid_days_the_changed_one_is_reported(
    statement: str, change: Callable[[str], None], failed_check: Failed
) -> None:
    # a day is one of a workspace: the same date of w1, and w1's other day, stay out of it
    change(statement)
    change("insert into facts.int_changed_days values ('w2', '2026-03-31')")

    found = failed_check("facts", "dispositions_add_up_to_consumed_credits", since_batch=2)

    assert found is not None
    assert found.observed.startswith("1 case: workspace w2 on 2026-03-31")


@pytest.mark.parametrize("layer", ["ledger", "forecast", "waste", "marts"])
def test_tables_rebuilt_by_every_run_are_checked_whole(layer: str) -> None:
    for gate in GATES[layer]:
        assert fill(counts_of((gate,)), as_of=AS_OF, since_batch=2) == fill(counts_of((gate,)), as_of=AS_OF)
