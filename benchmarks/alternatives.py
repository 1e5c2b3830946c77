"""What one would use instead, on the same data directory: dbt or SQLMesh alone on these models, and pandas.

    python -m benchmarks.alternatives dbt --data DIR --as-of DATE --work DIR
    python -m benchmarks.alternatives sqlmesh --data DIR --work DIR --memory-limit 8GB
    python -m benchmarks.alternatives pandas --data DIR --as-of DATE

Each ends with an error if its figures are not those that are published.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[1]
DBT = PROJECT / "dbt_project"
SQLMESH = PROJECT / ".venv-sqlmesh" / "bin" / "python"
MICRO = 10**6
BREAKDOWNS = {
    "usage_by_member": "member_id",
    "usage_by_category": "product_category",
    "usage_by_generation_type": "generation_type",
}


def dbt_alone(data: Path, work: Path, *, as_of: date) -> None:
    """Build every model from raw by `dbt run`, without Dagster, tests, gates, forecast and publishing.

    What Python steps had computed stays in the copy of the working file, for the marts that read it.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    shutil.copy(data / "warehouse.duckdb", work)
    folders = {"project-dir": DBT, "profiles-dir": DBT, "target-path": work, "log-path": work}
    words = [text for name, folder in folders.items() for text in (f"--{name}", str(folder))]
    variables = {"as_of": str(as_of), "known_from": str(as_of), "known_to": str(as_of)}
    done = dbtRunner().invoke(["run", "--full-refresh", *words, "--vars", json.dumps(variables), "--quiet"])
    if not done.success:
        raise SystemExit(f"dbt failed: {done.exception or done.result}")
    _compare(_built(work / "warehouse.duckdb"), data)


def sqlmesh_alone(data: Path, work: Path, *, memory_limit: str) -> None:
    """Build every model from raw by SQLMesh, from the queries that dbt alone compiled."""
    script = Path(__file__).with_name("sqlmesh_alone.py")
    command = [SQLMESH, script, "--work", work, "--memory-limit", memory_limit]
    # it keeps its logs where it runs
    subprocess.run([str(word) for word in command], cwd=work, check=True)
    _compare(_built(work / "sqlmesh" / "warehouse.duckdb"), data)


def _built(warehouse: Path) -> dict[str, dict[str, int]]:
    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        return {
            mart: _sums(
                connection.execute(f"select {column}, credits from marts.{mart} where period = '30d'")
            )
            for mart, column in BREAKDOWNS.items()
        }


def pandas_breakdowns(data: Path, *, as_of: date) -> None:
    """Credits of the last 30 days by member, category and type, read from the lake into memory."""
    columns = ["source", "event_id", "occurred_at", "workspace_id", "member_id", "product_id"]
    columns += ["product_category", "generation_type", "credits", "batch_id", "content_hash"]
    events = _read(data, "generation_events", columns)
    events = events.sort_values(["batch_id", "content_hash"]).drop_duplicates(["source", "event_id"])
    retracted = _read(data, "event_retractions", ["source", "event_id", "occurred_at"])
    retracted = retracted.sort_values("occurred_at").drop_duplicates(["source", "event_id"])
    retracted = retracted.rename(columns={"occurred_at": "retracted_at"})
    events = events.merge(retracted, on=["source", "event_id"], how="left")
    workspaces = _newest(data, "workspaces", ["workspace_id"], ["timezone"])
    products = _newest(data, "products", ["workspace_id", "product_id"], ["category"])
    events = events.merge(workspaces, on="workspace_id", how="left")
    events = events.merge(products, on=["workspace_id", "product_id"], how="left")
    last, since = pd.Timestamp(as_of), pd.Timestamp(as_of - timedelta(days=29))
    is_used = pd.Series(data=False, index=events.index)
    for zone, rows in events.groupby(events["timezone"].fillna("UTC")):
        used, retracted_on = (_local_day(rows[name], str(zone)) for name in ("occurred_at", "retracted_at"))
        is_used.loc[rows.index] = (used >= since) & (used <= last) & ~(retracted_on <= last)
    events = events.loc[is_used]
    events["product_category"] = (
        events["product_category"].fillna(events["category"]).fillna("(uncategorised)")
    )
    events["member_id"] = events["member_id"].fillna("(unknown)")
    micro = (events["credits"] * MICRO).astype("int64")
    found = {}
    for mart, column in BREAKDOWNS.items():
        sums = micro.groupby(events[column]).sum()
        found[mart] = {str(name): int(value) for name, value in sums.items()}
    _compare(found, data)


def _read(data: Path, feed: str, columns: list[str]) -> pd.DataFrame:
    files = sorted((data / "raw" / "batches").glob(f"*/{feed}.parquet"))
    schema = pq.read_schema(data / "raw" / "schemas" / f"{feed}.parquet")
    tables = [pq.read_table(file, columns=columns).to_pandas() for file in files]
    return pd.concat(tables) if tables else schema.empty_table().select(columns).to_pandas()


def _local_day(instants: pd.Series, zone: str) -> pd.Series:
    return instants.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()


def _newest(data: Path, feed: str, key: list[str], columns: list[str]) -> pd.DataFrame:
    rows = _read(data, feed, [*key, *columns, "updated_at", "batch_id"])
    rows = rows.sort_values(["updated_at", "batch_id"], ascending=False, na_position="last")
    return rows.drop_duplicates(key)[[*key, *columns]]


def _sums(rows: duckdb.DuckDBPyConnection) -> dict[str, int]:
    sums: dict[str, int] = {}
    for name, credits in rows.fetchall():
        sums[str(name)] = sums.get(str(name), 0) + int(credits * MICRO)
    return sums


def _compare(found: Mapping[str, Mapping[str, int]], data: Path) -> None:
    file = data / "published" / "credits.duckdb"
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        for mart, column in BREAKDOWNS.items():
            rows = connection.execute(f"select {column}, credits from marts.{mart} where period = '30d'")
            published = {name: value for name, value in _sums(rows).items() if value}
            if published != {name: value for name, value in found[mart].items() if value}:
                raise SystemExit(f"{mart} is not as published")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alternatives", description=__doc__)
    parser.add_argument("what", choices=["dbt", "sqlmesh", "pandas"])
    parser.add_argument("--data", required=True, type=Path, help="data directory of a finished run")
    parser.add_argument("--as-of", type=date.fromisoformat, help="its date")
    parser.add_argument("--work", type=Path, help="folder for a copy of the working file")
    parser.add_argument("--memory-limit", help="of DuckDB in SQLMesh")
    options = parser.parse_args()
    if options.what == "dbt":
        dbt_alone(options.data, options.work, as_of=options.as_of)
    elif options.what == "sqlmesh":
        sqlmesh_alone(options.data, options.work, memory_limit=options.memory_limit)
    else:
        pandas_breakdowns(options.data, as_of=options.as_of)
    print("as published", file=sys.stderr)


if __name__ == "__main__":
    main()
