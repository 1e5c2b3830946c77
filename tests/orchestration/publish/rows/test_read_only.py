"""Untrusted SQL can read the published marts, nothing else, and change nothing."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from orchestration.publish.rows.read_only import open_published

# {database} is the published file, {folder} a writable folder
WRITES = [
    "copy (select 1) to '{folder}/out.csv'",
    "copy marts.credit_summary to '{folder}/out.parquet' (format parquet)",
    # disabling external access leaves these open
    "copy (select 1) to '{database}' (use_tmp_file false)",
    "copy (select 1) to '{database}' (format parquet, use_tmp_file false)",
    "copy (select 1) to '{database}.wal'",
    "copy (select 1) to 'file:{database}.wal'",
    "copy (select 1) to '{database}.wal.checkpoint'",
    "copy (select 1) to '{database}.wal.recovery'",
    "export database '{folder}/all'",
    "attach '{folder}/other.duckdb' as other",
    "attach '{database}' as again (read_write)",
    "create table marts.mine as select 1",
    "create or replace view marts.credit_summary as select 1",
    "create macro marts.mine() as 1",
    "delete from marts.credit_summary",
    "with gone as (delete from marts.credit_summary returning *) select * from gone",
    "update marts.credit_summary set credits_used = 0",
    "insert into marts.credit_summary (workspace_id) values ('x')",
    "drop table marts.credit_summary",
    "alter table marts.credit_summary add column mine integer",
    "comment on table marts.credit_summary is 'mine'",
]
READS = [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('{database}')",
    "select * from read_parquet('{folder}/secret.parquet')",
    "select * from read_csv('/dev/stdin')",
    "select * from read_csv('https://example.com/x.csv')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from '/etc/passwd'",
    "copy marts.credit_summary from '/etc/passwd'",
    "import database '{folder}'",
    "select getenv('HOME')",
    "select * from frame_of_this_process",
]
SETTINGS = [
    "install httpfs",
    "load httpfs",
    "load '{folder}/mine.duckdb_extension'",
    "set enable_external_access = true",
    "set global enable_external_access = true",
    "reset enable_external_access",
    "set disabled_filesystems = ''",
    "reset disabled_filesystems",
    "set allowed_paths = ['/etc/passwd']",
    "set lock_configuration = false",
    "reset lock_configuration",
    "set temp_directory = '{folder}'",
    "set memory_limit = '1PB'",
    "pragma enable_profiling",
    "pragma profiling_output = '{folder}/profile.json'",
    "call enable_logging()",
    "create secret mine (type s3)",
    "create persistent secret mine (type s3)",
]


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("locked")
    with duckdb.connect(str(root / "credits.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.credit_summary as select 'w1' as workspace_id, 5 credits_used")
        connection.execute(f"copy (select 1) to '{root}/secret.parquet'")
    return root


@pytest.mark.parametrize("statement", [*WRITES, *READS, *SETTINGS])
def test_a_statement_that_does_more_than_read_marts_fails_and_changes_nothing(
    published: Path, statement: str
) -> None:
    frame_of_this_process = pd.DataFrame({"secret": [1]})
    before = contents(published)
    sql = statement.format(database=published / "credits.duckdb", folder=published)
    with open_published(published / "credits.duckdb") as connection, pytest.raises(duckdb.Error):
        connection.execute(sql).fetchall()
    assert contents(published) == before
    assert len(frame_of_this_process) == 1


def test_a_query_larger_than_memory_fails_instead_of_spilling_to_the_published_folder(
    published: Path,
) -> None:
    before = contents(published)
    large = "select md5(i::varchar) as x from range(5000000) t(i) order by x"
    database = published / "credits.duckdb"
    with (
        open_published(database, memory_limit="50MB") as connection,
        pytest.raises(duckdb.OutOfMemoryException),
    ):
        connection.execute(large).fetchall()
    assert contents(published) == before


def test_marts_are_read_by_name_and_times_are_in_utc(published: Path) -> None:
    with open_published(published / "credits.duckdb") as connection:
        assert connection.execute("from marts.credit_summary").fetchall() == [("w1", 5)]
        assert connection.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_two_readers_of_one_process_are_both_locked(published: Path) -> None:
    database = published / "credits.duckdb"
    with open_published(database) as first, open_published(database) as second:
        for connection in (first, second):
            assert connection.execute("from marts.credit_summary").fetchall() == [("w1", 5)]
            with pytest.raises(duckdb.Error, match="disabled"):
                connection.execute("select * from read_text('/etc/passwd')")


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error, match="does not exist"):
        open_published(tmp_path / "credits.duckdb")
    assert list(tmp_path.iterdir()) == []
