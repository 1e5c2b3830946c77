"""Rows written to the cluster come back equal, all or none, and separate from other warehouses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr
from spark.cluster import Cluster
from support.delivered_people import deliver

from orchestration.defs import version_changes
from orchestration.health.doctor.state import check_warehouse
from orchestration.health.quarantine_summary import conflicting_groups
from orchestration.lake.batch_writer import TABLES
from orchestration.lake.lake import Lake
from orchestration.runs.warehouse_factory import open_warehouse, remove_verification
from orchestration.settings import Settings
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.protocol import WarehouseError
from orchestration.warehouse.pseudonyms import Pseudonyms, expose_by_pseudonyms
from orchestration.warehouse.spark.cluster_files import ClusterFiles
from orchestration.warehouse.spark.warehouse import SparkWarehouse
from orchestration.warehouse.sql_files import read_sql

ROWS = """
    select
        cast(n as bigint) as n, cast(amount as decimal(38, 6)) as amount, cast(day as date) as day,
        cast(seen_at as timestamp) as seen_at, cast(name as varchar) as name, cast(is_so as boolean) as is_so,
        cast(share as double) as share
    from frame
"""
FRAME = pd.DataFrame(
    {
        "n": [1, 2, None],
        "amount": [Decimal("12345678901234567890123456789012.123456"), Decimal("-0.000001"), None],
        "day": [date(2026, 3, 29), date(9999, 12, 31), None],
        "seen_at": [datetime(2026, 3, 29, 0, 59, 59, 999999), datetime(1999, 12, 31), None],
        "name": ["it's \"\\ ; –", "", None],
        "is_so": [True, False, None],
        "share": [0.1, 1e300, None],
    }
)


def spark_warehouse(spark: Cluster, folder: Path, *, prefix: str, files: str = "") -> SparkWarehouse:
    return SparkWarehouse(
        spark.url, prefix=prefix, folder=folder, files=files, manifest=lambda: folder / "none.json"
    )


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_rows_come_back_as_duckdb_returns_them(spark: Cluster, tmp_path: Path, is_elsewhere: bool) -> None:
    files = (tmp_path / "bucket").as_uri() if is_elsewhere else ""
    folder = tmp_path / "it's 100%20 ours" / "spark"
    warehouse = spark_warehouse(spark, folder, prefix=f"rows{is_elsewhere:d}_", files=files)
    other = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    for one in (warehouse, other):
        assert one.replace("facts.t", FRAME, select=ROWS) == 3
        assert one.replace("facts.t", FRAME, select=ROWS) == 3
    query = "select t.* from facts.t as t semi join chosen on t.name = chosen.name order by n"
    chosen = pd.DataFrame({"name": FRAME["name"][:2]})
    mine, theirs = (one.query_arrow(query, frames={"chosen": chosen}) for one in (warehouse, other))
    assert mine.schema.equals(theirs.schema) and mine.to_pylist() == theirs.to_pylist()
    assert mine.num_rows == 2
    empty = "select * from facts.t where false"
    assert warehouse.query_arrow(empty).schema.equals(other.query_arrow(empty).schema)
    assert warehouse.row_counts(["facts.t"]) == {"facts.t": 3}
    assert warehouse.has_table("facts.t") and not warehouse.has_table("facts.u")
    assert spark_warehouse(spark, folder, prefix=f"rows{is_elsewhere:d}_", files=files).replace(
        "facts.u", FRAME, select=ROWS
    )
    assert folder.exists() != is_elsewhere  # all files are in exactly one of the two locations
    assert not list(tmp_path.rglob("exchange/*"))


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_batches_have_the_row_ids_that_duckdb_gives_them(
    spark: Cluster, tmp_path: Path, is_elsewhere: bool
) -> None:
    files = []
    for batch in (1, 2, 10):
        files.append(tmp_path / "it's 100%20 ours" / "batches" / str(batch) / "members.parquet")
        files[-1].parent.mkdir(parents=True)
        rows = pa.table(
            {"batch_id": pa.array([batch] * 3, pa.int64()), "name": [f"{batch}-{n}" for n in range(3)]}
        )
        pq.write_table(rows, files[-1])
    (tmp_path / "it's 100%20 ours" / "batches" / "3").mkdir()
    prefix, elsewhere = f"lake{is_elsewhere:d}_", (tmp_path / "bucket").as_uri() if is_elsewhere else ""
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix=prefix, files=elsewhere)
    other = DuckDBWarehouse(tmp_path / "w.duckdb")
    query = "select * from raw.members order by row_id"
    for known in (files[:2], files):
        for one in (warehouse, other):
            one.expose_lake({"raw.members": known})
        assert warehouse.fetch(query) == other.fetch(query)
    # as when a member is erased
    pq.write_table(rows.set_column(1, "name", pa.array(["x", "y", "z"])), files[2])
    for one in (warehouse, other):
        one.expose_lake({"raw.members": files})
    assert warehouse.fetch(query) == other.fetch(query)
    assert [name for *_, name, _ in other.fetch(query)][-3:] == ["x", "y", "z"]
    for one in (warehouse, other):
        one.expose(
            {"raw.named": files}, columns="* replace (case when name = '1-0' then '…' else name end as name)"
        )
    query = "select name from raw.named order by name"
    assert warehouse.fetch(query) == other.fetch(query)
    # a batch removed from the lake leaves no copy
    files.pop().unlink()
    warehouse.expose_lake({"raw.members": files})
    assert len(list((tmp_path / "bucket").rglob("members.parquet"))) == (len(files) if is_elsewhere else 0)


def test_an_interrupted_build_is_set_aside(spark: Cluster, tmp_path: Path) -> None:
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix="torn_")
    warehouse.replace("state.runs", FRAME, select=ROWS)
    assert warehouse.set_aside_if_torn() is None and warehouse.has_table("state.runs")
    with pytest.raises(KeyboardInterrupt), warehouse.building():
        raise KeyboardInterrupt
    assert "left in the middle" in str(warehouse.set_aside_if_torn())
    assert not warehouse.has_table("state.runs") and warehouse.set_aside_if_torn() is None


def test_an_interrupted_removal_is_completed(
    spark: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix="half_")
    warehouse.replace("state.runs", FRAME, select=ROWS)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(ClusterFiles, "delete", Mock(side_effect=KeyboardInterrupt))
        warehouse.remove()
    assert list(tmp_path.rglob("*.parquet"))
    assert "left in the middle" in str(warehouse.set_aside_if_torn())
    assert not list((tmp_path / "spark").iterdir())


def test_the_leftovers_of_a_killed_verification_are_removed_from_the_cluster(
    spark: Cluster, tmp_path: Path
) -> None:
    settings = Settings(
        landing_dir=tmp_path,
        data_dir=tmp_path / "data",
        target="spark",
        spark_url=spark.url,
        spark_prefix="kept_",
        spark_files=(tmp_path / "bucket").as_uri(),
    )
    verifying = settings.model_copy(update={"data_dir": settings.verify_dir})
    served, recomputed = open_warehouse(settings), open_warehouse(verifying)
    for warehouse in (served, recomputed):
        warehouse.replace("facts.t", FRAME, select=ROWS)
    verifying.data_dir.mkdir(parents=True)
    with pytest.raises(WarehouseError):  # while the tables remain, so does the folder that names them
        remove_verification(settings.model_copy(update={"spark_url": SecretStr("thrift://127.0.0.1:1")}))
    assert recomputed.has_table("facts.t") and verifying.data_dir.exists()
    remove_verification(settings)
    assert served.row_counts(["facts.t"]) == {"facts.t": 3}
    assert not recomputed.has_table("facts.t") and not verifying.data_dir.exists()
    assert [folder.name for folder in (tmp_path / "bucket").iterdir()] == ["kept_"]


def test_the_mark_of_an_interrupted_build_concerns_one_warehouse(spark: Cluster, tmp_path: Path) -> None:
    one, other = (spark_warehouse(spark, tmp_path / "spark", prefix=prefix) for prefix in ("mark", "mark_"))
    for each in (one, other):
        each.replace("state.runs", FRAME, select=ROWS)
    with pytest.raises(KeyboardInterrupt), one.building():
        raise KeyboardInterrupt
    assert other.set_aside_if_torn() is None
    assert "left in the middle" in str(one.set_aside_if_torn())
    assert other.row_counts(["state.runs"]) == {"state.runs": 3} and not one.has_table("state.runs")


def test_a_warehouse_with_missing_files_is_set_aside(spark: Cluster, tmp_path: Path) -> None:
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix="gone_")
    warehouse.replace("state.runs", FRAME, select=ROWS)
    for file in (tmp_path / "spark" / "gone_" / "python").rglob("*.parquet"):
        file.unlink()
    assert "could not be read" in str(warehouse.set_aside_if_torn())
    assert not warehouse.has_table("state.runs")


def test_databases_of_another_data_directory_are_left_alone(spark: Cluster, tmp_path: Path) -> None:
    spark_warehouse(spark, tmp_path / "mine", prefix="taken_").replace("facts.t", FRAME, select=ROWS)
    other = spark_warehouse(spark, tmp_path / "theirs", prefix="taken_")
    # two prefixes in one bucket: each removes only its own files
    shared = (tmp_path / "bucket").as_uri()
    sharing = [
        spark_warehouse(spark, tmp_path / name, prefix=f"{name}_", files=shared) for name in ("one", "two")
    ]
    for warehouse in sharing:
        warehouse.replace("facts.t", FRAME, select=ROWS)
    sharing[1].remove()
    assert sharing[0].row_counts(["facts.t"]) == {"facts.t": 3}
    for attempt in (other.remove, lambda: other.replace("facts.t", FRAME, select=ROWS)):
        with pytest.raises(WarehouseError, match="one data directory for each CREDITS_SPARK_PREFIX"):
            attempt()
    assert spark_warehouse(spark, tmp_path / "mine", prefix="taken_").row_counts(["facts.t"]) == {
        "facts.t": 3
    }


def test_an_error_holds_the_message_of_the_cluster_without_its_stack(spark: Cluster, tmp_path: Path) -> None:
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix="wrong_")
    with pytest.raises(WarehouseError, match="TABLE_OR_VIEW_NOT_FOUND") as caught:
        warehouse.query("select * from facts.nowhere")
    assert "\tat " not in str(caught.value)
    with pytest.raises(WarehouseError, match="ARITHMETIC_OVERFLOW"):
        warehouse.query(
            "select cast(9223372036854775807 as bigint) + n as n from (select cast(1 as bigint) as n) as t"
        )


@pytest.mark.parametrize("address", ["u:secret@{}", "u@{}?auth=LDAP", "{}?auth=KERBEROS", "{}?auth=OTHER"])
def test_an_unsupported_account_is_a_warehouse_error_without_the_password(
    spark: Cluster, tmp_path: Path, address: str
) -> None:
    url = "thrift://" + address.format(spark.url.removeprefix("thrift://"))
    warehouse = SparkWarehouse(url, prefix="x_", folder=tmp_path, manifest=lambda: tmp_path / "none.json")
    with pytest.raises(WarehouseError, match="correct CREDITS_SPARK_URL") as error:
        warehouse.fetch("select 1")
    assert "secret" not in str(error.value)


def test_cluster_files_that_this_machine_cannot_read_are_an_error(tmp_path: Path) -> None:
    files = ClusterFiles(tmp_path.as_uri(), folder=tmp_path, is_shared=False)
    with pytest.raises(WarehouseError, match="must be seen from here; exchange/x is not"):
        files.read("exchange/x")


def test_an_address_without_a_cluster_is_a_warehouse_error(tmp_path: Path) -> None:
    warehouse = SparkWarehouse(
        "thrift://127.0.0.1:1", prefix="x_", folder=tmp_path, manifest=lambda: tmp_path / "none.json"
    )
    with pytest.raises(WarehouseError, match=r"127.0.0.1:1 does not .* correct CREDITS_SPARK_URL"):
        warehouse.query("select 1 as one")


def test_marts_are_copied_with_their_comments(spark: Cluster, tmp_path: Path) -> None:
    warehouse = spark_warehouse(spark, tmp_path / "spark", prefix="marts_")
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark" / "none.json").write_text(
        '{"nodes": {"m": {"resource_type": "model", "name": "t", "description": "it\'s t",'
        ' "columns": {"n": {"description": "the n"}}}}}'
    )
    warehouse.replace("marts.t", FRAME, select=ROWS)
    with warehouse.marts_file(["t"]) as file, duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("select comment from duckdb_tables()").fetchall() == [("it's t",)]
        kinds = connection.execute(
            "select data_type, comment from duckdb_columns() where table_name = 't'"
        ).fetchall()
        assert kinds[:2] == [("BIGINT", "the n"), ("DECIMAL(38,6)", None)]
        assert ("TIMESTAMP", None) in kinds
        assert connection.execute("select count(*) from marts.t").fetchall() == [(3,)]
    assert not file.exists()


def test_members_have_the_pseudonyms_that_duckdb_gives_them(spark: Cluster, tmp_path: Path) -> None:
    warehouse, other = (
        spark_warehouse(spark, tmp_path / "spark", prefix="people_"),
        DuckDBWarehouse(tmp_path / "w.duckdb"),
    )
    lake = Lake(tmp_path / "raw")
    for number, member in enumerate(("zoe", "max")):
        deliver(tmp_path / "landing", f"n{number}", member)
        lake.ingest(tmp_path / "landing", now=datetime(2026, 4, 8, tzinfo=UTC))
        tables = {f"raw.{table}": lake.paths(table) for table in TABLES}
        for one in (warehouse, other):
            expose_by_pseudonyms(one, tables, Pseudonyms("a secret of the test"))
        for table in tables:
            columns = sorted(other.query_arrow(f"select * from {table} limit 0").column_names)
            query = f"select {', '.join(columns)} from {table} order by all"
            rows = warehouse.query_arrow(f"select {', '.join(columns)} from {table}").to_pylist()
            assert sorted(map(str, rows)) == sorted(map(str, _plain(other.query_arrow(query))))
            assert not any(trace in str(rows).lower() for trace in ("zoe", "zoë", "'max'"))


def _plain(rows: pa.Table) -> list[dict[str, object]]:
    """Instants without their zone, as the cluster returns them."""
    kinds = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(kinds)).to_pylist()


def test_conflicts_are_counted_as_on_duckdb(spark: Cluster, tmp_path: Path) -> None:
    refused = pd.DataFrame(
        [
            ("f", "key.conflict", "fix", f"why {line}", 1 + line % 2, f"file{line % 3}", line)
            for line in range(7)
        ],
        columns=["feed", "rule", "remedy", "reason", "batch_id", "file_path", "line_number"],
    )
    warehouse, other = (
        spark_warehouse(spark, tmp_path / "spark", prefix="refused_"),
        DuckDBWarehouse(tmp_path / "w.duckdb"),
    )
    for one in (warehouse, other):
        one.replace("staging.stg_quarantine", refused, select="select * from frame")
    assert conflicting_groups(warehouse) == conflicting_groups(other)
    assert [group.example for group in conflicting_groups(other)] == ["file0:3"]


def test_the_doctor_checks_the_cluster(spark: Cluster, tmp_path: Path) -> None:
    settings = Settings(landing_dir=tmp_path, data_dir=tmp_path, target="spark", spark_url=spark.url)
    assert str(check_warehouse(settings).found) == "the cluster answers, in UTC"
    unreachable = settings.model_copy(update={"spark_url": SecretStr("thrift://127.0.0.1:1")})
    assert check_warehouse(unreachable).state == "problem"


def test_scores_of_a_change_are_summed_as_on_duckdb(spark: Cluster, tmp_path: Path) -> None:
    """More of them than a 64-bit sum holds in steps of 10^-17."""
    attempts = pd.DataFrame({"product_id": [f"p{number % 50}" for number in range(200)]}).assign(
        workspace_id="w",
        generation_type="image",
        ruleset_id="r1",
        template_id=None,
        usage_date=date(2026, 3, 1),
        is_first_variant=True,
        attempt_number=1,
        attempt_quality_parts=Decimal("22813670880000000000000000"),
    )
    sides = pd.DataFrame({"change": [0], "is_after": [True], "workspace_id": ["w"], "version_id": ["r1"]})
    sides = sides.assign(generation_type="image", version_kind="ruleset")
    sides = sides.assign(from_on=date(2026, 2, 1), to_on=date(2026, 3, 31))
    kinds = "* replace (cast(template_id as varchar) as template_id, cast(usage_date as date) as usage_date)"
    warehouse, other = (
        spark_warehouse(spark, tmp_path / "spark", prefix="changes_"),
        DuckDBWarehouse(tmp_path / "w.duckdb"),
    )
    for one in (warehouse, other):
        one.replace("facts.int_generations_classified", attempts, select=f"select {kinds} from frame")
    query = read_sql(version_changes.__file__, "version_change_sums")
    mine, theirs = (one.query(query, frames={"sides": sides}) for one in (warehouse, other))
    assert mine.to_dict("records") == theirs.to_dict("records")
    assert theirs["quality_steps"][0] == 200 * 98 * 10**15
