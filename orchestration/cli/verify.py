"""`credits verify`: raw files and the published version are unharmed, and one follows from the other.

How rows are compared does not belong here: that is publish/versions/comparison.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import duckdb

from orchestration.cli.options import (
    EXIT_BUSY,
    EXIT_FAILED,
    EXIT_USAGE,
    data_dir_option,
    fail,
    use_settings,
)
from orchestration.cli.output import FORMATS, Output, rows_options, say_lines
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.warehouse.run_state import RunState

_REFUSED = "2 wrong use or nothing to work on; 3 another run holds the data directory."


SHOWN = 20


@click.command(
    epilog=f"Exit codes: 0 all unharmed; 1 something differs, or it could not be ended; {_REFUSED}"
)
@data_dir_option
@click.option("--quick", is_flag=True, help="Only hash the files; recompute nothing.")
@rows_options(default="text", forms=("text", *FORMATS))
def verify(data_dir: Path | None, quick: bool, output: Output) -> None:
    """Whether what was loaded and what is served are unharmed, and the one follows from the other.

    Hashes every file of DATA_DIR/raw and of the served version, then makes the served version anew from raw,
    beside it, and compares every mart row by row. Nothing is changed. The journal of runs (data_quality,
    forecast_accuracy, restatements, forecasts of earlier days) is not made from raw, and is left out.

    Takes as long as a rebuild and, while it goes on, its disk space; no run can start meanwhile.
    """
    from orchestration.publish.versions.history import read_run_state
    from orchestration.runs.lock import DataDirectoryLocked, lock
    from orchestration.warehouse.dbt_build import DbtFailed
    from orchestration.warehouse.protocol import WarehouseError

    settings = use_settings(data_dir=data_dir)
    if not settings.published_dir.exists():
        fail(f"{settings.data_dir} holds nothing published; publish it with credits run", EXIT_USAGE)
    tell = _Telling(output)
    try:
        with lock(settings.data_dir):
            run_state = read_run_state(settings.published_dir)
            _verify_raw(settings, run_state, tell)
            _verify_served(settings, tell)
            if not quick:
                _verify_rows(settings, run_state, tell)
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except (OSError, DbtFailed, WarehouseError) as error:
        fail(f"the verification could not be ended: {error}")
    tell.end()
    raise SystemExit(EXIT_FAILED if tell.problem_count else 0)


class _Telling:
    """What was found of each part: told line by line as it is found, or all of it as rows in the end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rows: list[dict[str, object]] = []
        self.problem_count = 0

    def __call__(self, part: str, all_is_well: str, problems: Sequence[str]) -> None:
        """One line if all is well, else one for each problem."""
        self.problem_count += len(problems)
        found = problems or [all_is_well]
        self._rows += [{"part": part, "is_unharmed": not problems, "found": line} for line in found]
        if self._output.form == "text":
            say_lines(f"{part:<12} {line}" for line in found[:SHOWN])
            if len(found) > SHOWN:
                say_lines([f"{part:<12} and {len(found) - SHOWN:,} more"])

    def note(self, part: str, line: str) -> None:
        """Something to know that is no problem by itself."""
        if self._output.form == "text":
            say_lines([f"{part:<12} {line}"])
        else:
            click.echo(f"{part:<12} {line}", err=True)

    def end(self) -> None:
        import pyarrow as pa

        if self._output.form != "text":
            kinds = {"part": pa.string(), "is_unharmed": pa.bool_(), "found": pa.string()}
            self._output.write_listed(self._rows, pa.schema(kinds.items()))


def _verify_raw(settings: Settings, run_state: RunState | None, tell: _Telling) -> None:
    from orchestration.lake.integrity import check_lake
    from orchestration.lake.lake import Lake

    lake = Lake(settings.lake_dir)
    click.echo(f"hashing {lake.root}", err=True)
    problems = list(check_lake(lake))
    if run_state is not None and run_state.batch_id > lake.newest_batch:
        problems.append(
            f"batch {run_state.batch_id} is missing, from which the served version was built; the newest "
            f"batch is {lake.newest_batch}. Restore its folder from a copy."
        )
    batches = lake.batches()
    files = sum(1 for batch in batches for _ in batch.glob("*.parquet"))
    tell("raw", f"{files:,} files of {len(batches):,} batches are what was committed", problems)


def _verify_served(settings: Settings, tell: _Telling) -> None:
    from orchestration.publish.versions.manifest import changed_files, read_manifest

    folder = settings.published_dir.resolve()
    click.echo(f"hashing {folder}", err=True)
    problems = list(changed_files(folder))
    manifest = read_manifest(folder)
    files = len(manifest.files) if manifest else 0
    tell("served", f"{files:,} files of version {folder.name} are what was published", problems)


def _verify_rows(settings: Settings, run_state: RunState | None, tell: _Telling) -> None:
    """Recompute and compare; what is served is only read."""
    from orchestration.lake.lake import Lake
    from orchestration.operations.verify import CannotRecompute, recomputed
    from orchestration.publish.versions.comparison import compare_versions
    from orchestration.runs.people import definitions_now

    served = settings.published_dir.resolve()
    if run_state is None:
        tell("recomputed", "", [f"{served} does not say what it was made from; nothing to compare"])
        return
    formulas, _, people = definitions_now(Lake(settings.lake_dir), settings).partition("-")
    if run_state.people != people:
        why = (
            "people are called otherwise now than when it was published: set the same pseudonyms, or run anew"
        )
        tell("recomputed", "", [why])
        return
    if run_state.formulas != formulas:
        tell.note("definitions", "changed since it was published: differences may come from that")
    click.echo(f"making version {served.name} anew, up to {run_state.as_of}", err=True)
    try:
        with recomputed(settings, run_state) as anew:
            click.echo("comparing", err=True)
            marts = list(
                compare_versions(
                    served,
                    anew,
                    as_of=run_state.as_of,
                    memory_limit=settings.memory_limit,
                    spill_to=settings.verify_dir / "tmp",
                )
            )
    except CannotRecompute as error:
        tell("recomputed", "", [f"making it anew failed: {error}"])
        return
    except duckdb.Error as error:
        tell("recomputed", "", [f"what is served cannot be compared: {error}"])
        return
    problems = []
    for mart in marts:
        shown = [f"{mart.mart}: {difference}" for difference in mart.differences]
        problems += [f"{mart.mart}: {mart.differing:,} rows differ", *shown] if mart.differing else []
    rows = sum(mart.rows for mart in marts)
    tell("recomputed", f"{len(marts)} marts, {rows:,} rows, all as served", problems)
