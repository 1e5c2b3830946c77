"""A person forgotten by the command: nowhere in the data directory any more, and no total is another."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from product import SAMPLE_AS_OF, Credits, Night, nightly, published_rows

TRACES = ("m_sarah", "sarah")
# a later batch: lines of hers that break the contract, so that checks and their messages name her
REJECTED = {
    "occurred_at": "2026-04-07T09:30:00Z",
    "workspace_id": "acme-store",
    "member_id": "m_sarah",
    "product_id": "p1",
    "generation_type": "meta",
    "credits": "m_sarah",
}


def told_nights(credits_command: Credits, root: Path, landing: Path) -> Night:
    """Two nights of the sample, the second with rejected lines."""
    shutil.copytree(landing, root / "landing")
    nightly(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)
    lines = "".join(json.dumps(REJECTED | {"event_id": f"bad{n}"}) + "\n" for n in range(3))
    (root / "landing" / "generation_events" / "zz.jsonl").write_text(lines)
    return nightly(credits_command, root / "landing", root / "data", SAMPLE_AS_OF)


def texts_under(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file's bytes as text, and every cell of Parquet, DuckDB and SQLite tables."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        yield path, path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield path, str(pq.read_table(path).to_pylist())
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute(
                    "select table_schema, table_name from information_schema.tables "
                    "where table_type = 'BASE TABLE'"
                ).fetchall()
                for schema, table in tables:
                    rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                    yield path, str(rows)
        elif path.suffix == ".db":
            with sqlite3.connect(path) as sqlite:
                for (table,) in sqlite.execute("select name from sqlite_master where type = 'table'"):
                    yield path, str(sqlite.execute(f'select * from "{table}"').fetchall())


def traces(root: Path) -> set[str]:
    return {
        str(path.relative_to(root))
        for path, text in texts_under(root)
        if any(trace in text.lower() for trace in TRACES)
    }


@pytest.fixture(scope="module")
def told(credits_command: Credits, sample_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return told_nights(credits_command, tmp_path_factory.mktemp("forget"), sample_night.landing)


def test_a_forgotten_person_is_nowhere_and_every_total_stays(
    credits_command: Credits, told: Night, dagster_home: Path
) -> None:
    before, found = published_rows(told.published), traces(told.data_dir)
    home = traces(dagster_home)
    # or the test would prove nothing
    for place in ("raw/", "journal/", "versions/1/", "versions/2/report/", "warehouse.duckdb"):
        assert any(name.startswith(place) for name in found), (place, found)
    assert home
    command = ("forget", "--member", "m_sarah", "--landing", told.landing, "--data-dir", told.data_dir)

    dry = credits_command(*command, "--dry-run")
    assert (dry.returncode, traces(told.data_dir)) == (0, found), dry.stderr
    assert "464 rows of generation_events would be rewritten" in dry.stdout
    said = credits_command(*command)

    assert said.returncode == 0, said.stdout + said.stderr
    assert traces(told.data_dir) == set()
    assert traces(dagster_home) == set()
    assert [path.name for path in (told.data_dir / "versions").iterdir()] == ["3"]
    assert f"delivered files in {told.landing} still hold the person" in said.stdout
    after = published_rows(told.published)
    assert after["credit_summary"] == before["credit_summary"]
    assert told.query("select count(*) from marts.restatements") == [(0,)]
    assert figures_of(after) == figures_of(before)
    assert len(figures_of(after)) == 15


def figures_of(marts: dict[str, list[tuple[object, ...]]]) -> list[str]:
    """The rows of usage_by_member without id, name and team, which are its third to fifth column."""
    return sorted(str(row[:2] + row[5:]) for row in marts["usage_by_member"])


def test_forgetting_again_does_nothing_and_an_unknown_or_busy_one_is_refused(
    credits_command: Credits, told: Night
) -> None:
    command = ("forget", "--data-dir", told.data_dir, "--landing", told.landing, "--member")
    served = told.published.readlink()
    again = credits_command(*command, "m_sarah")
    assert (again.returncode, "was forgotten before" in again.stdout) == (0, True), again.stderr
    unknown = credits_command(*command, "m_nobody")
    assert (unknown.returncode, "only a member that was delivered" in unknown.stderr) == (2, True)
    elsewhere = credits_command(*command, "m_mike", "--workspace", "other")
    assert elsewhere.returncode == 2
    with (told.data_dir / "run.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert credits_command(*command, "m_mike").returncode == 3
    assert told.published.readlink() == served


def test_what_is_delivered_again_neither_counts_twice_nor_brings_the_person_back(
    credits_command: Credits, told: Night
) -> None:
    before = published_rows(told.published)
    for file in [path for path in told.landing.rglob("*.jsonl") if path.is_file()]:
        # other bytes, so that the rows are read again
        file.write_text(file.read_text() + "\n")
    roster = next((told.landing / "members").iterdir())
    roster.write_text(roster.read_text() + "\n")
    again = nightly(credits_command, told.landing, told.data_dir, SAMPLE_AS_OF)
    assert "duplicates" in again.said.stdout
    assert published_rows(told.published) == before
    assert traces(told.data_dir) == set()
