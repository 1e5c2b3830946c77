"""PostgreSQL holds exactly the published marts, and its readers see complete versions, even under load."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from support.postgres_server import running_postgres

from orchestration.publish.postgres import READER, PostgresError, send
from orchestration.publish.versions.export import DATABASE_NAME

Rows = dict[str, list[dict[str, Any]]]
SECRET = "SECRET"
HOSTILE = "'; drop table marts.credit_summary; -- \0 \\N \t ‏עברית 😀 \u202e <b>"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a real PostgreSQL."""
    with running_postgres() as url:
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """The URL of the server, without the marts of earlier tests."""
    yield server
    with psycopg.connect(server) as connection:
        connection.execute("drop schema if exists marts cascade")


def rows_in(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()  # type: ignore[call-overload]


def assert_the_same(published: Path, url: str) -> int:
    """PostgreSQL has exactly the rows of every mart in the file; returns their number."""
    count = 0
    with (
        duckdb.connect(str(published / DATABASE_NAME), read_only=True) as marts,
        psycopg.connect(url) as postgres,
    ):
        for (mart,) in marts.execute("select table_name from duckdb_tables()").fetchall():
            described = marts.execute(f"describe marts.{mart}").fetchall()
            columns = ", ".join(f'"{name}"' for name, *_ in described)
            expected = marts.execute(f"select {columns} from marts.{mart}").fetchall()
            found = rows_in(postgres, f"select {columns} from marts.{mart}")
            clean = [
                tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)
                for row in expected
            ]
            assert sorted(map(repr, found)) == sorted(map(repr, clean)), mart
            count += len(expected)
    return count


def test_every_row_of_a_run_arrives_exactly_also_when_sent_again(url: str, sample_run: Any) -> None:
    published = sample_run.data_dir / "published"
    lines: list[str] = []
    for _ in range(2):
        rows = send(published, url, echo=lines.append)
        assert assert_the_same(published, url) == sum(rows.values()) > 1000
    assert f"usage_by_member: {rows['usage_by_member']:,} rows" in lines


def test_hostile_names_arrive_unchanged(url: str, rows: Rows, publish: Callable[[Rows], Path]) -> None:
    rows["usage_by_member"][0]["member_name"] = HOSTILE
    rows["credit_summary"][0]["burn_rate"] = Decimal("0.000000000001")
    published = publish(rows)
    send(published, url)
    assert_the_same(published, url)


def test_tables_have_keys_comments_and_a_role_that_only_reads(
    url: str, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    send(publish(rows), url)
    with psycopg.connect(url, autocommit=True) as connection:
        key = rows_in(
            connection,
            "select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey)"
            " where indisprimary and indrelid = 'marts.usage_by_member'::regclass order by 1",
        )
        assert key == [("member_id",), ("period",), ("workspace_id",)]
        comment = "select obj_description('marts.credit_summary'::regclass)"
        assert rows_in(connection, comment) == [("One row for each workspace''s period.".replace("''", "'"),)]
        assert rows_in(connection, "select version from marts.published_version") == [(1,)]
        connection.execute(f"set role {READER}")
        assert rows_in(connection, "select count(*) from marts.usage_by_member") == [(5,)]
        for forbidden in ("delete from marts.usage_by_member", "create table marts.x (y int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_a_new_column_is_added_and_a_changed_type_recreates_the_table(
    url: str, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    published = publish(rows)
    send(published, url)
    with psycopg.connect(url) as connection:
        connection.execute("alter table marts.usage_by_member drop column team, add column older int")
        connection.execute("alter table marts.credit_lots alter column priority type text")
    send(published, url)
    assert_the_same(published, url)
    with psycopg.connect(url) as connection:
        kept = "select count(*) from pg_attribute where attrelid = 'marts.usage_by_member'::regclass"
        assert rows_in(connection, f"{kept} and attname = 'older' and not attisdropped") == [(1,)]


def test_a_failed_send_changes_nothing(
    url: str, rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path
) -> None:
    published = publish(rows)
    send(published, url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "alter table marts.waste_by_reason add constraint none_more check (wasted_credits < 500)"
        )
    rows["usage_by_member"] = rows["usage_by_member"][:2]
    rows["waste_by_reason"][0]["wasted_credits"] = 501
    publish(rows)
    with pytest.raises(PostgresError, match="The previous version is unchanged there"):
        send(published, url)
    with psycopg.connect(url) as connection:
        assert rows_in(connection, "select count(*) from marts.usage_by_member") == [(5,)]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (
            f"postgresql://me:{SECRET}@127.0.0.1:1/db",
            "the server cannot be reached, or refused user or password",
        ),
        (f"postgresql://me:{SECRET}@127.0.0.1:x/db", "on "),
    ],
)
def test_the_error_of_a_failed_connection_hides_the_password(
    rows: Rows, publish: Callable[[Rows], Path], address: str, why: str
) -> None:
    with pytest.raises(PostgresError) as refused:
        send(publish(rows), address)
    assert why in str(refused.value)
    assert "SECRET" not in str(refused.value)
    assert "credits publish postgres" in str(refused.value)


def test_without_a_published_version_the_error_names_the_command_to_run(url: str, tmp_path: Path) -> None:
    with pytest.raises(PostgresError, match="Run `credits run` first"):
        send(tmp_path, url)


@pytest.mark.parametrize("looks", [5, pytest.param(10_000, marks=pytest.mark.slow)])
def test_readers_see_one_version_only(
    url: str, rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path, looks: int
) -> None:
    versions = []
    for number in range(2):
        for row in rows["usage_by_member"]:
            row["credits"] += number
        rows["credit_summary"][0]["credits_used"] = sum(row["credits"] for row in rows["usage_by_member"])
        # enough rows that sending takes a while
        details = [{**rows["generation_details"][0], "event_id": f"e{n}"} for n in range(1000)]
        published = publish({**rows, "generation_details": details})
        versions.append(shutil.copytree(published.resolve(), tmp_path / str(number + 1)))
    send(versions[0], url)
    is_over, mixed, counted = threading.Event(), [], [0]

    def look() -> None:
        with psycopg.connect(url) as reader:
            reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not is_over.is_set():
                with reader.transaction():
                    (used,) = rows_in(reader, "select credits_used from marts.credit_summary")[0]
                    (parts,) = rows_in(reader, "select sum(credits) from marts.usage_by_member")[0]
                    (version,) = rows_in(reader, "select version from marts.published_version")[0]
                if not used == parts == 2340 + 5 * (version - 1):
                    mixed.append((version, used, parts))
                counted[0] += 1

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    sent = 0
    while counted[0] < looks or sent < 3:
        send(versions[(sent + 1) % 2], url)
        sent += 1
    is_over.set()
    for reader in readers:
        reader.join()
    assert mixed == []


@pytest.mark.slow
def test_a_run_sends_what_it_published_and_stays_published_if_the_server_is_down(
    url: str, credits_with: Callable[..., Callable[..., Any]], sample_run: Any, tmp_path: Path
) -> None:
    data_dir = shutil.copytree(sample_run.data_dir, tmp_path / "data", symlinks=True)
    run = ("run", "--landing", sample_run.landing, "--data-dir", data_dir, "--as-of", "2026-04-07")
    unreachable = credits_with(CREDITS_POSTGRES_URL=f"postgresql://me:{SECRET}@127.0.0.1:1/db")
    failed = unreachable(*run, "--publish", "postgres")
    assert failed.returncode == 1
    assert "published    The new version is complete and served, but a later step failed" in failed.stdout
    assert "credits publish postgres" in failed.stdout and "SECRET" not in failed.stdout + failed.stderr
    reachable = credits_with(CREDITS_POSTGRES_URL=url)
    again = reachable("publish", "postgres", "--data-dir", data_dir)
    assert again.returncode == 0, again.stderr
    assert_the_same(data_dir / "published", url)
    assert reachable(*run, "--publish", "postgres").returncode == 0
    assert_the_same(data_dir / "published", url)


def test_publishing_to_postgres_needs_a_url(credits_command: Callable[..., Any], tmp_path: Path) -> None:
    refused = credits_command("publish", "postgres", "--data-dir", tmp_path)
    assert refused.returncode == 2
    assert "CREDITS_POSTGRES_URL is empty" in refused.stderr
