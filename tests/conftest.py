"""What tests of the whole product share: the `credits` command, run as a user runs it.

No figure is asserted here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

REPO = Path(__file__).resolve().parents[1]
REAL_USAGE = REPO.parent / "shared" / "data" / "real_usage" / "landing"
SAMPLE_AS_OF = "2026-04-07"

Credits = Callable[..., subprocess.CompletedProcess[str]]
# the journal of runs: what was told when, left out wherever identical rows are promised
JOURNAL_MARTS = {"data_quality"}


@pytest.fixture(scope="session")
def credits_command(tmp_path_factory: pytest.TempPathFactory) -> Credits:
    """Run `credits …` in a process of its own, with a Dagster home of its own."""
    home = tmp_path_factory.mktemp("dagster_home")
    shutil.copy(REPO / "dagster.yaml", home)
    environment = {**os.environ, "DAGSTER_HOME": str(home)}

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("credits")), *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


@dataclass(frozen=True)
class Night:
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


def nightly(credits_command: Credits, landing: Path, data_dir: Path, as_of: str, *options: str) -> Night:
    """One nightly run that must succeed."""
    said = credits_command("run", "--landing", landing, "--data-dir", data_dir, "--as-of", as_of, *options)
    assert said.returncode == 0, said.stdout + said.stderr
    return Night(landing, data_dir, as_of, said)


def published_rows(published: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every published mart in its published order, the journal left out."""
    with duckdb.connect(str(published / "credits.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
        ).fetchall()
        return {
            table: connection.execute(f"select * from marts.{table}").fetchall()
            for (table,) in tables
            if table not in JOURNAL_MARTS
        }


@pytest.fixture(scope="session")
def sample_night(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The sample of the team of five, loaded once."""
    root = tmp_path_factory.mktemp("sample")
    written = credits_command("sample", "--out", root / "landing")
    assert written.returncode == 0, written.stderr
    return nightly(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)


@pytest.fixture(scope="session")
def real_night(credits_command: Credits, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One developer's real usage log up to the middle of 2025, loaded once."""
    if not REAL_USAGE.is_dir():
        pytest.skip(f"the reference data is not here: {REAL_USAGE} (it is not part of the repository)")
    return nightly(credits_command, REAL_USAGE, tmp_path_factory.mktemp("real") / "data", "2025-06-30")
