"""The whole product as a user drives it: the `credits` command, a night, and what it published.

No figure is asserted here, and no fixture made: those are in conftest.py.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
from support.forked_runs import ForkedRuns

REPO = Path(__file__).resolve().parents[2]
REAL_USAGE = REPO.parent / "shared" / "data" / "real_usage" / "landing"
SAMPLE_AS_OF = "2026-04-07"

Credits = Callable[..., subprocess.CompletedProcess[str]]
CreditsWith = Callable[..., Credits]
# the journal of runs: what was told when, left out wherever identical rows are promised
JOURNAL_MARTS = {"data_quality", "forecast_accuracy", "restatements"}
# of these the older vintages are the journal, and the newest is a mart like any other
VINTAGE_MARTS = {"depletion_forecast"}


@dataclass(frozen=True)
class NightlyRun:
    """A landing folder, the data directory it was loaded into, and what the run said."""

    landing: Path
    data_dir: Path
    as_of: str
    said: subprocess.CompletedProcess[str]

    @property
    def published(self) -> Path:
        return self.data_dir / "published"

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query on the published marts."""
        with duckdb.connect(str(self.published / "credits.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def credits_in(runs: ForkedRuns, home: Path, **environment: str) -> Credits:
    """The `credits` command, with that Dagster home and more in its environment."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        done = runs.run(*arguments, environment={"DAGSTER_HOME": str(home), **environment})
        return subprocess.CompletedProcess(
            ["credits", *map(str, arguments)], done.status, done.stdout, done.stderr
        )

    return run


def nightly(credits_command: Credits, landing: Path, data_dir: Path, as_of: str, *options: str) -> NightlyRun:
    """One nightly run that must succeed."""
    said = credits_command("run", "--landing", landing, "--data-dir", data_dir, "--as-of", as_of, *options)
    assert said.returncode == 0, said.stdout + said.stderr
    return NightlyRun(landing, data_dir, as_of, said)


def published_rows(published: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every published mart in its published order, the journal left out."""
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        return {
            table: connection.execute(f"select * from marts.{table} {_newest(table)}").fetchall()
            for (table,) in tables
            if table not in JOURNAL_MARTS
        }


def _newest(table: str) -> str:
    return f"where as_of = (select max(as_of) from marts.{table})" if table in VINTAGE_MARTS else ""


def copied(night: NightlyRun, to: Path) -> NightlyRun:
    """The same night in a data directory of its own, which a test may change."""
    shutil.copytree(night.data_dir, to, symlinks=True)
    return NightlyRun(night.landing, to, night.as_of, night.said)
