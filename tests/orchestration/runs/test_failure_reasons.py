"""A failed run says in one sentence what happened and what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.runs.failure_reasons import INTERRUPTED, explain, last_cause


def text_of(provoke: Callable[[], object]) -> str:
    """The text of the error as Dagster records it."""
    with pytest.raises(Exception) as raised:
        provoke()
    return f"{type(raised.value).__module__}.{type(raised.value).__name__}: {raised.value}\n"


def test_a_file_open_in_another_program_is_named_with_its_process(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    holding = f"import duckdb; held = duckdb.connect({str(file)!r}); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdout.readline()
        error = text_of(lambda: duckdb.connect(str(file)))
        holder.kill()
    assert explain(error) == (
        f"{file} is open in another program (process {holder.pid}). Close it, and run again."
    )


def test_a_full_disk_says_so() -> None:
    def write() -> None:
        with Path("/dev/full").open("w") as full:
            full.write("a")

    assert explain(text_of(write)) == (
        "The disk is full: a file cannot be written. Free space, and run again."
    )


def test_a_query_beyond_the_memory_says_so() -> None:
    with duckdb.connect(config={"memory_limit": "10MB", "max_temp_directory_size": "0KB"}) as connection:
        query = "select list(i) over () from range(1000000) as numbers (i)"
        error = text_of(lambda: connection.execute(query).fetchall())
    assert explain(error) == "The memory is used up. Raise CREDITS_MEMORY_LIMIT, and run again."


@pytest.mark.parametrize(
    "error",
    [
        "dagster._core.errors.DagsterExecutionInterruptedError\n",
        "_duckdb.InterruptException: INTERRUPT Error: Query interrupted",
        "KeyboardInterrupt",
    ],
)
def test_an_interrupt_is_one_in_each_librarys_words(error: str) -> None:
    assert explain(error) == INTERRUPTED


def test_an_error_of_ours_is_its_sentence_and_any_other_is_kept_on_one_line() -> None:
    ours = "orchestration.lake.integrity.MissingFiles: batch 1: members.parquet is missing.\n"
    assert explain(ours) == "batch 1: members.parquet is missing."
    assert explain("ValueError: first\x1b[31m\nsecond") == "ValueError: first[31m second"


def test_the_innermost_cause_is_the_reason() -> None:
    inner = {"message": "inner", "cause": None}
    assert last_cause({"message": "outer", "cause": inner}) == "inner"
    assert last_cause(None) == "no reason given"
