"""The whole product as a user drives it: the `credits` command, a nightly run, and what it published.

No figure is asserted here; the fixtures are in conftest.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from support.forked_runs import ForkedRuns

REPO = Path(__file__).resolve().parents[2]
REAL_USAGE = REPO.parent / "shared" / "data" / "real_usage" / "landing"
SAMPLE_AS_OF = "2026-04-07"

Credits = Callable[..., subprocess.CompletedProcess[str]]
CreditsWith = Callable[..., Credits]
# the journal of runs: what was published when, left out wherever identical rows are promised
JOURNAL_MARTS = {
    *("chargeback_daily", "chargeback_monthly", "data_quality", "forecast_accuracy", "restatements"),
}
# of these only the newest vintage is compared: the older ones are the journal
VINTAGE_MARTS = {"depletion_forecast"}


@dataclass(frozen=True)
class NightlyRun:
    """A landing folder, the data directory it was loaded into, and the finished process.

    The data directory may be one that other test workers read too: a test that opens its warehouse for
    writing works on a copy.
    """

    landing: Path
    data_dir: Path
    as_of: str
    result: subprocess.CompletedProcess[str]
    home: Path | None = None

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query on the published marts."""
        with duckdb.connect(str(self.published / "credits.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def credits_in(runs: ForkedRuns, home: Path, **environment: str) -> Credits:
    """The `credits` command, with that Dagster home and further environment variables."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        done = runs.run(*arguments, environment={"DAGSTER_HOME": str(home), **environment})
        return subprocess.CompletedProcess(
            ["credits", *map(str, arguments)], done.status, done.stdout, done.stderr
        )

    return run


def nightly_run(
    credits_command: Credits, landing: Path, data_dir: Path, as_of: str, *options: str
) -> NightlyRun:
    """Start one nightly run, which must succeed."""
    result = credits_command("run", "--landing", landing, "--data-dir", data_dir, "--as-of", as_of, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    return NightlyRun(landing, data_dir, as_of, result)


def published_rows(published: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every published mart except the journal, ordered by all columns.

    Not as they lie in the file: a run that changes a part of a long mart writes that part last.
    """
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        return {
            table: connection.execute(f"select * from marts.{table} {_newest(table)} order by all").fetchall()
            for (table,) in tables
            if table not in JOURNAL_MARTS
        }


def _newest(table: str) -> str:
    return f"where as_of = (select max(as_of) from marts.{table})" if table in VINTAGE_MARTS else ""


def copy_run(run: NightlyRun, to: Path) -> NightlyRun:
    """A copy of the run's data directory, which a test may change."""
    shutil.copytree(run.data_dir, to, symlinks=True)
    return replace(run, data_dir=to)
