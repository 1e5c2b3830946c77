"""The publishing step neither serves nor journals a version that fails its audit.

A damaged served version does not stop the next one from being published.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from expectations.suites.by_layer import GATES
from orchestration.defs.dbt_layers import LAYERS
from orchestration.defs.published import _JOURNALED, published_marts
from orchestration.defs.resources import RunContext
from orchestration.lake.lake import Lake
from orchestration.publish.versions.export import PublishError
from orchestration.settings import Settings
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.journal import CheckRow, Journal

Rows = dict[str, list[dict[str, Any]]]


@pytest.mark.parametrize(("is_whole", "is_damaged"), [(True, False), (False, False), (True, True)])
def test_a_version_that_fails_its_audit_is_neither_served_nor_journaled(
    rows: Rows,
    make_warehouse: Callable[[Rows], Path],
    publish: Callable[[Rows], Path],
    tmp_path: Path,
    is_whole: bool,
    is_damaged: bool,
) -> None:
    published = publish(rows)
    if is_damaged:
        file = published / "credits.duckdb"
        times = file.stat().st_atime_ns, file.stat().st_mtime_ns
        os.truncate(file, file.stat().st_size // 2)
        os.utime(file, ns=times)
    daily = {"workspace_id": "w1", "usage_date": rows["credit_summary"][0]["as_of"], "credits": 2340}
    warehouse = make_warehouse({**rows, "usage_daily": [daily] if is_whole else []})
    with duckdb.connect(str(warehouse)) as connection:
        marts = [name for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()]  # fmt: skip
        for statement in (
            "drop table journal.check_results",
            "create schema state",
            "create table state.runs (batch_id bigint, as_of date, definitions varchar, is_complete boolean)",
            "create schema facts",
            "create table facts.fct_usage_by_day (workspace_id varchar)",
            "create table facts.fct_restatements (workspace_id varchar)",
            "create table facts.fct_chargeback (is_booked boolean, read_up_to timestamp)",
            "create schema forecast",
            "create table forecast.credit_depletion as "
            "select null as burn_rate_7d_credits, null as burn_rate_30d_credits, "
            "null as calibration_version, * from marts.depletion_forecast where as_of = date '2026-04-07'",
            "create table forecast.forecast_scores (kind varchar)",
        ):
            connection.execute(statement)
    settings = Settings(landing_dir=tmp_path / "landing", data_dir=tmp_path / "data")
    journal = Journal(settings.journal_dir)
    context = dg.build_asset_context()
    checks = [CheckRow(layer, "a", "b", "critical", True, "", "", "") for layer in {*GATES, *LAYERS}]
    journal.record_checks(
        checks, run_id=context.run_id, part="all", checked_at=datetime(2026, 4, 8, tzinfo=UTC)
    )

    def step() -> object:
        return list(
            published_marts([dg.AssetKey(["marts", mart]) for mart in marts])(
                context,
                run=RunContext(data_dir=str(settings.data_dir), as_of="2026-04-07"),
                warehouse=DuckDBWarehouse(warehouse),
                journal=journal,
                lake=Lake(settings.lake_dir),
                settings=settings,
            )  # type: ignore[call-overload]
        )

    if is_whole:
        step()
    else:
        with pytest.raises(PublishError, match="in usage_daily"):
            step()
    vintages = [file.name for file in (settings.journal_dir / "depletion_forecast").glob("2026*.parquet")]
    assert (published.readlink().name, len(vintages)) == (("2", 1) if is_whole else ("1", 0))


def test_what_a_run_books_is_kept_once_even_if_a_killed_run_is_published_again(tmp_path: Path) -> None:
    warehouse, journal = DuckDBWarehouse(tmp_path / "warehouse.duckdb"), Journal(tmp_path / "journal")
    journal.expose(warehouse)
    with warehouse.connect() as connection:
        connection.execute("create schema facts")
        connection.execute(
            "create table facts.fct_chargeback as select * exclude (published_at, has_pseudonyms) replace "
            "('w1' as workspace_id, 1 as generation_count), is_booked, null::timestamp as read_up_to "
            "from (values (true), (false)) as booked(is_booked) left join journal.chargeback on false"
        )
    kept = []
    for day in (8, 9):
        rows = warehouse.query_arrow(f"select * from {_JOURNALED['chargeback']}")
        at = datetime(2026, 4, day)
        journal.keep("chargeback", [rows], as_of=date(2026, 4, 7), run_id=f"r{day}", kept_at=at)
        journal.expose(warehouse)
        kept.append(
            warehouse.query("select generation_count from journal.chargeback")["generation_count"].sum()
        )
    assert kept == [1, 1]
