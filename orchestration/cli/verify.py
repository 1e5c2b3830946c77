"""`credits verify`: raw files and the published version are intact, and recomputing one gives the other.

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
    REFUSED,
    data_dir_option,
    fail,
    use_settings,
)
from orchestration.cli.output import FORMATS, Output, echo_lines, rows_options
from orchestration.publish.versions.comparison import compare_versions
from orchestration.publish.versions.manifest import changed_files, read_manifest
from orchestration.runs.lock import DataDirectoryLocked, lock
from orchestration.visible_text import counted

if TYPE_CHECKING:
    from orchestration.settings import Settings
    from orchestration.warehouse.run_state import RunState

MOST_SHOWN = 20


@click.command(
    short_help="Verify raw files and the published version.",
    epilog=f"Exit codes: 0 all intact; 1 something differs, or the check could not be completed; {REFUSED}",
)
@data_dir_option
@click.option("--quick", is_flag=True, help="Only hash the files; recompute nothing.")
@rows_options(default="text", formats=("text", *FORMATS))
def verify(data_dir: Path | None, quick: bool, output: Output) -> None:
    """Verify raw files and the published version, and recompute one from the other.

    Hashes every file of DATA_DIR/raw and of the served version, then recomputes the served version from raw,
    next to it, and compares every mart row by row. Nothing is changed. The journal of runs (data_quality,
    forecast_accuracy, restatements, forecasts of earlier days) is not computed from raw, and is left out.

    It takes the time and the disk space of a rebuild; no run can start meanwhile.
    """
    from orchestration.landing.rejects import LandingError
    from orchestration.publish.versions.history import read_run_state
    from orchestration.warehouse.dbt_build import DbtFailed
    from orchestration.warehouse.protocol import WarehouseError

    settings = use_settings(data_dir=data_dir)
    if not settings.published_dir.exists():
        fail(f"{settings.data_dir} holds no published version; publish one with credits run", EXIT_USAGE)
    findings = _Findings(output)
    try:
        with lock(settings.data_dir):
            run_state = read_run_state(settings.published_dir)
            _verify_raw(settings, run_state, findings)
            _verify_served(settings, findings)
            if not quick:
                _verify_rows(settings, run_state, findings)
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except (OSError, DbtFailed, LandingError, WarehouseError) as error:
        fail(f"the verification could not be completed: {error}")
    findings.write()
    raise SystemExit(EXIT_FAILED if findings.problem_count else 0)


class _Findings:
    """The findings of each part: as text, printed at once; as rows, written at the end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._rows: list[dict[str, object]] = []
        self.problem_count = 0

    def add(self, part: str, problems: Sequence[str], *, if_none: str = "") -> None:
        """One line for each problem, or the line `if_none`."""
        self.problem_count += len(problems)
        found = problems or [if_none]
        self._rows += [{"part": part, "is_intact": not problems, "found": line} for line in found]
        if self._output.format == "text":
            echo_lines(f"{part:<12} {line}" for line in found[:MOST_SHOWN])
            if len(found) > MOST_SHOWN:
                echo_lines([f"{part:<12} and {len(found) - MOST_SHOWN:,} more"])

    def note(self, part: str, line: str) -> None:
        """A remark that is not a problem."""
        if self._output.format == "text":
            echo_lines([f"{part:<12} {line}"])
        else:
            click.echo(f"{part:<12} {line}", err=True)

    def write(self) -> None:
        import pyarrow as pa

        if self._output.format != "text":
            types = {"part": pa.string(), "is_intact": pa.bool_(), "found": pa.string()}
            self._output.write_listed(self._rows, pa.schema(types.items()))


def _verify_raw(settings: Settings, run_state: RunState | None, findings: _Findings) -> None:
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
    held = f"{counted(files, 'file')} of {counted(len(batches), 'batch', 'batches')}"
    findings.add("raw", problems, if_none=f"{held} match their hashes")


def _verify_served(settings: Settings, findings: _Findings) -> None:
    folder = settings.published_dir.resolve()
    click.echo(f"hashing {folder}", err=True)
    problems = list(changed_files(folder))
    manifest = read_manifest(folder)
    files = counted(len(manifest.files) if manifest else 0, "file")
    findings.add("served", problems, if_none=f"{files} of version {folder.name} match their hashes")


def _verify_rows(settings: Settings, run_state: RunState | None, findings: _Findings) -> None:
    """Recompute the served version and compare; the served version is only read."""
    from orchestration.lake.lake import Lake
    from orchestration.operations.verify import CannotRecompute, recomputed
    from orchestration.runs.people import definitions_now

    served = settings.published_dir.resolve()
    if run_state is None:
        findings.add("recomputed", [f"{served} does not record what it was built from; nothing to compare"])
        return
    formulas, _, people = definitions_now(Lake(settings.lake_dir), settings).partition("-")
    if run_state.people != people:
        problem = "people have other names or pseudonyms now; set the same pseudonyms, or run again"
        findings.add("recomputed", [problem])
        return
    if run_state.formulas != formulas:
        findings.note("definitions", "changed since it was published: differences may come from that")
    click.echo(f"recomputing version {served.name}, up to {run_state.as_of}", err=True)
    try:
        with recomputed(settings, run_state) as rebuilt:
            click.echo("comparing", err=True)
            marts = list(
                compare_versions(
                    served,
                    rebuilt,
                    as_of=run_state.as_of,
                    memory_limit=settings.memory_limit,
                    spill_to=settings.verify_dir / "tmp",
                )
            )
    except CannotRecompute as error:
        findings.add("recomputed", [f"recomputing failed: {error}"])
        return
    except duckdb.Error as error:
        findings.add("recomputed", [f"the served version cannot be compared: {error}"])
        return
    problems = []
    for mart in marts:
        if mart.differing:
            problems.append(f"{mart.mart}: {counted(mart.differing, 'differing row')}")
            problems += [f"{mart.mart}: {difference}" for difference in mart.differences]
    rows = sum(mart.rows for mart in marts)
    findings.add("recomputed", problems, if_none=f"{len(marts)} marts, {counted(rows, 'row')}, all as served")
