"""Rows of a real PostgreSQL arrive exactly, each once, also after a kill; refusals are one sentence."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dlt
import psycopg
import pytest
from support.pull_source import Database, Source

from orchestration import durable_files
from orchestration.pull import pipeline, sql
from orchestration.pull.config import PullConfigError, PullError
from orchestration.pull.deliver import Delivered

CHARGES = """
sql:
  url: BILLING_DATABASE_URL
  schema: billing
tables:
  charges: {cursor: changedAt}
"""


def make_charges(database: Database, rows: int) -> None:
    database(
        'create table billing.charges (id int primary key, cost numeric(24,12), "changedAt" timestamp);'
        "insert into billing.charges select i, i + 0.0000001,"
        " timestamp '2026-01-01' + i * interval '1 second'"
        f" from generate_series(1, {rows}) i"
    )


def ids(source: Source) -> list[int]:
    return sorted(row["id"] for row in source.rows("charges"))


def test_every_value_arrives_as_the_database_has_it(database: Database, source: Source) -> None:
    database(
        """create table billing."Charges" (
            "Id" text primary key, cost numeric(24,12), unbounded numeric, ratio double precision,
            "endTime" timestamp, stored_at timestamptz, day date, is_free boolean, units bigint,
            details jsonb, tags text[], waited interval, "camelCase" uuid, empty text);
        insert into billing."Charges" values (
            'c-1', 0.000000100001, 12345678901234567890.000000000000000001, 0.1,
            '2026-02-03 04:05:06.789', '2026-02-03 04:05:06+02', '2026-02-03', true, 9007199254740993,
            '{"n": 1.10, "big": 12345678901234567890.123}', '{a,b}', '1 day', gen_random_uuid(), null)"""
    )
    source.write("sql: {url: BILLING_DATABASE_URL, schema: billing}\ntables: {Charges: {}}\n")
    delivered = source.pull()
    assert [(file.table, file.row_count) for file in delivered] == [("Charges", 1)]
    (row,) = source.rows("Charges")
    assert len(row.pop("camelCase")) == 36
    assert row == {
        **{"Id": "c-1", "cost": Decimal("0.000000100001"), "ratio": 0.1, "empty": None},
        **{"unbounded": "12345678901234567890.000000000000000001", "units": 9007199254740993},
        **{"endTime": datetime(2026, 2, 3, 4, 5, 6, 789000), "day": date(2026, 2, 3), "is_free": True},
        **{"stored_at": datetime(2026, 2, 3, 2, 5, 6, tzinfo=UTC), "waited": "1 day"},
        **{"details": '{"n": 1.10, "big": 12345678901234567890.123}', "tags": '["a","b"]'},
    }
    assert source.schema("Charges").field("endTime").type.tz is None, "a zone is declared by the mapping"


def test_a_second_pull_adds_nothing_and_changed_rows_come_again(database: Database, source: Source) -> None:
    make_charges(database, 2000)
    source.write(CHARGES)
    assert sum(file.row_count for file in source.pull()) == 2000
    assert ids(source) == list(range(1, 2001))
    assert sum((row["cost"] for row in source.rows("charges")), Decimal(0)) == Decimal("2001000.0002")
    assert source.pull() == []
    database("""update billing.charges set cost = 7, "changedAt" = '2026-03-01' where id = 3""")
    assert [file.row_count for file in source.pull()] == [1]
    assert source.rows("charges")[-1]["cost"] == 7
    assert source.pull() == []


def test_a_row_that_changes_at_the_newest_cursor_comes_again(database: Database, source: Source) -> None:
    make_charges(database, 5)
    source.write(CHARGES)
    source.pull()
    database("update billing.charges set cost = 7 where id = 5")
    source.pull()
    assert [row["cost"] for row in source.rows("charges") if row["id"] == 5] == [Decimal("5.0000001"), 7]


def test_a_lag_brings_rows_that_were_committed_late(database: Database, source: Source) -> None:
    make_charges(database, 100)
    source.write(CHARGES.replace("changedAt}", "changedAt, lag: 10s}"))
    source.pull()
    database("""insert into billing.charges values (500, 1, '2026-01-01 00:01:35')""")
    source.pull()
    assert ids(source).count(500) == 1
    assert len(ids(source)) == 100 + 11 + 1, "the last 10 seconds come again, which their keys make no double"
    assert all(file.path is None for file in source.pull()), "the same rows again are no new file"


def test_the_first_pull_begins_at_the_start(database: Database, source: Source) -> None:
    make_charges(database, 90_000)
    source.write(CHARGES.replace("changedAt}", "changedAt, start: 2026-01-02}"))
    source.pull()
    assert (min(ids(source)), max(ids(source))) == (86_400, 90_000)


def test_a_table_without_cursor_comes_whole_and_only_if_it_changed(
    database: Database, source: Source
) -> None:
    make_charges(database, 3)
    source.write(CHARGES.replace("{cursor: changedAt}", "{}"))
    source.pull()
    assert [file.path for file in source.pull()] == [None]
    database("update billing.charges set cost = 9 where id = 3")
    source.pull()
    database("update billing.charges set cost = 3.0000001 where id = 3")
    source.pull()
    assert [len(source.files("charges")), len(ids(source))] == [3, 9], "the newest file is the newest state"


def test_a_new_column_and_a_changed_type_arrive(database: Database, source: Source) -> None:
    make_charges(database, 3)
    source.write(CHARGES)
    source.pull()
    database(
        "alter table billing.charges alter id type text, alter cost type numeric(30,15), add note text;"
        "insert into billing.charges values ('x-4', 0.000000000000001, '2026-05-01', 'new')"
    )
    source.pull()
    newest = source.rows("charges")[-1]
    assert (newest["id"], newest["cost"], newest["note"]) == ("x-4", Decimal("1e-15"), "new")


KILLS: dict[str, tuple[Any, str]] = {
    "while it reads": (sql, "_select"),
    "after it has read": (dlt.Pipeline, "normalize"),
    "while it writes": (durable_files, "sync"),
}


def killed(source: Source, monkeypatch: pytest.MonkeyPatch, kill: Callable[[], None]) -> None:
    """Pull in a process that kills itself."""
    child = os.fork()
    if child == 0:
        try:
            kill()
            source.pull()
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def assert_healed(database: Database, source: Source) -> None:
    """One pull brings what the killed one did not write, and what is new since."""
    database("insert into billing.charges values (2001, 1, '2026-03-01')")
    source.pull()
    assert ids(source) == list(range(1, 2002))
    assert list(source.folder.rglob(".*")) == []
    assert source.pull() == []


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("moment", KILLS)
def test_a_killed_pull_leaves_no_half_file_and_the_next_goes_on(
    moment: str, database: Database, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_charges(database, 2000)
    source.write(CHARGES)
    place, name = KILLS[moment]
    killed(source, monkeypatch, lambda: monkeypatch.setattr(place, name, die))
    assert source.files("charges") == []
    assert_healed(database, source)


def test_a_pull_that_is_killed_after_its_file_is_there_adds_no_second_one(
    database: Database, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_charges(database, 2000)
    source.write(CHARGES)
    deliver = pipeline.deliver

    def then_die(*args: Any, **options: Any) -> Delivered | None:
        deliver(*args, **options)
        die()
        return None

    killed(source, monkeypatch, lambda: monkeypatch.setattr(pipeline, "deliver", then_die))
    assert len(source.files("charges")) == 1
    assert_healed(database, source)


def is_let_in(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_wrong_password_is_one_sentence_without_it(
    server: str, database: Database, source: Source, tmp_path: Path
) -> None:
    database("create role kim login password 'right'")
    rules = Path(str(server).partition("host=")[2]) / "pg_hba.conf"
    rules.write_text("local all kim scram-sha-256\n" + rules.read_text())
    source.write(CHARGES)
    address = source.variables["BILLING_DATABASE_URL"].replace("postgres:@", "kim:hunter%2F2@")
    source.variables["BILLING_DATABASE_URL"] = address
    for _ in range(100):  # until the server has read its rules again
        database("select pg_reload_conf()")
        if not is_let_in(address.replace("+psycopg", "")):
            break
        time.sleep(0.1)
    with pytest.raises(PullError) as refused:
        source.pull()
    text = str(refused.value)
    assert text.startswith("billing: the database refused: ") and "\n" not in text
    assert 'password authentication failed for user "kim"' in text
    assert refused.value.__context__ is None and refused.value.__cause__ is None
    assert "hunter" not in text
    assert not any(b"hunter" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_an_error_that_repeats_the_address_is_masked(
    database: Database, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.write(CHARGES)
    url = "postgresql+psycopg://kim:" + "hunter%2F2@127.0.0.1:1/billing"
    source.variables["BILLING_DATABASE_URL"] = url

    def fail(*_: Any) -> None:
        raise ValueError(f"cannot use {url} with password hunter/2")

    monkeypatch.setattr(pipeline, "sql_resources", fail)
    with pytest.raises(
        PullError, match=r"ValueError: cannot use .BILLING_DATABASE_URL with password .BILLING"
    ):
        source.pull()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql+nodriver://kim@127.0.0.1/x", "the address is none that SQLAlchemy reads"),
        ("oracle+cx_oracle://kim@127.0.0.1/x", "the driver cx_Oracle is not installed"),
        ("nonsense", "the address is none that SQLAlchemy reads"),
    ],
)
def test_an_address_that_cannot_be_used_says_so(address: str, reason: str, source: Source) -> None:
    source.write(CHARGES)
    source.variables["BILLING_DATABASE_URL"] = address
    with pytest.raises(PullError, match=reason):
        source.pull()


def test_a_missing_table_cursor_or_value_is_named(database: Database, source: Source) -> None:
    make_charges(database, 3)
    source.write(CHARGES.replace("charges:", "chargs:"))
    with pytest.raises(PullError, match=r"billing: the database has no table chargs. Correct its name"):
        source.pull()
    source.write(CHARGES.replace("changedAt", "changed_at"))
    with pytest.raises(
        PullError,
        match="table charges has no column changed_at, which `cursor` names; it has id, cost, changedAt",
    ):
        source.pull()
    database("insert into billing.charges values (9, 1, null)")
    source.write(CHARGES)
    with pytest.raises(PullError, match="table charges: a row has no value in `changedAt`, the cursor"):
        source.pull()
    assert source.files("charges") == []


def test_a_start_of_another_type_is_named(database: Database, source: Source) -> None:
    make_charges(database, 3)
    source.write(CHARGES.replace("changedAt}", "changedAt, start: 7}"))
    with pytest.raises(PullError, match="the database refused: operator does not exist"):
        source.pull()


def test_a_variable_that_is_not_set_is_named(source: Source) -> None:
    source.write(CHARGES)
    with pytest.raises(PullConfigError, match="the environment variable BILLING_DATABASE_URL, which"):
        source.pull()


def test_dlt_sends_no_telemetry_and_keeps_no_rows_and_no_pickle(database: Database, source: Source) -> None:
    from dlt.common.runtime import anon_tracker

    make_charges(database, 3)
    source.write(CHARGES)
    source.pull()
    assert anon_tracker._ANON_TRACKER_ENDPOINT is None
    kept = {file.suffix for file in source.state.rglob("*") if file.is_file()}
    assert not kept & {".pickle", ".parquet"}, kept


@pytest.mark.slow
def test_200_000_rows_arrive_exactly(database: Database, source: Source) -> None:
    make_charges(database, 200_000)
    source.write(CHARGES)
    source.pull()
    assert ids(source) == list(range(1, 200_001))
    assert sum((row["cost"] for row in source.rows("charges")), Decimal(0)) == Decimal("20000100000.02")
    assert source.pull() == []
