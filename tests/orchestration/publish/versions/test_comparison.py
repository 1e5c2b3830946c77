"""The comparison of two versions names every row that differs, and only those."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.versions.build import PublishedVersion
from orchestration.publish.versions.comparison import MartComparison, compare_versions

Rows = dict[str, list[dict[str, Any]]]
Compare = Callable[..., dict[str, MartComparison]]
KEY = "workspace_id w1, period 30d, member_id m3"


@pytest.fixture
def compare(
    make_warehouse: Callable[[Rows], Path], publish_version: Callable[..., PublishedVersion], tmp_path: Path
) -> Compare:
    """Publishes the rows twice, changes the second version, and returns the marts that differ."""

    def run(rows: Rows, *statements: str) -> dict[str, MartComparison]:
        first, second = (publish_version(make_warehouse(rows), tmp_path / name).path for name in "ab")
        with duckdb.connect(str(second / "credits.duckdb")) as connection:
            for statement in statements:
                connection.execute(statement)
        found = list(
            compare_versions(
                first, second, as_of=date(2026, 4, 7), memory_limit="500MB", spill_to=tmp_path / "spill"
            )
        )
        compared = {one.mart for one in found}
        assert {"usage_daily", "generation_details", "depletion_forecast"} <= compared
        assert not {"data_quality", "forecast_accuracy", "restatements"} & compared
        return {one.mart: one for one in found if one.differing}

    return run


def test_equal_versions_do_not_differ_by_row_order_or_journal(rows: Rows, compare: Compare) -> None:
    assert (
        compare(
            rows,
            "create or replace table marts.generation_details as "
            "select * from marts.generation_details order by event_id desc",
            "delete from marts.data_quality",
            "update marts.depletion_forecast set pace_date = null where as_of < date '2026-04-07'",
        )
        == {}
    )


def test_a_changed_value_is_reported_with_its_key_column_and_both_values(
    rows: Rows, compare: Compare
) -> None:
    found = compare(
        rows,
        "update marts.usage_by_member set credits = 481, member_name = null where member_id = 'm3'",
        "update marts.depletion_forecast set pace_date = null where as_of = date '2026-04-07'",
    )
    assert found == {
        "usage_by_member": MartComparison(
            "usage_by_member",
            5,
            1,
            (
                f"{KEY}: member_name: served Lisa, recomputed null",
                f"{KEY}: credits: served 480.000000, recomputed 481.000000",
            ),
        ),
        "depletion_forecast": MartComparison(
            "depletion_forecast",
            1,
            1,
            ("workspace_id w1, as_of 2026-04-07: pace_date: served 2026-05-12, recomputed null",),
        ),
    }


def test_a_row_in_one_version_only_is_reported(rows: Rows, compare: Compare) -> None:
    found = compare(
        rows,
        "update marts.usage_by_category set product_category = 'Hats' where product_category = 'Bags'",
    )
    assert found["usage_by_category"].differing == 2
    assert found["usage_by_category"].differences == (
        "workspace_id w1, period 30d, product_category Bags: only in served",
        "workspace_id w1, period 30d, product_category Hats: only in recomputed",
    )


def test_a_duplicated_row_is_reported(rows: Rows, compare: Compare) -> None:
    found = compare(rows, "insert into marts.credit_summary select * from marts.credit_summary")
    assert found["credit_summary"].differences == ("served 1 row, recomputed 2: some more than once",)


def test_all_differing_rows_are_counted_and_the_first_reported(rows: Rows, compare: Compare) -> None:
    details = rows["generation_details"][0]
    rows["generation_details"] = [{**details, "event_id": f"e{number:03}"} for number in range(200)]
    found = compare(rows, "update marts.generation_details set credits = 2 where event_id >= 'e050'")
    assert found["generation_details"].differing == 150
    assert len(found["generation_details"].differences) == 5
    assert "event_id e050: credits: served 1.500000" in found["generation_details"].differences[0]


def test_different_columns_types_and_marts_are_reported(rows: Rows, compare: Compare) -> None:
    found = compare(
        rows,
        "alter table marts.usage_daily add column more bigint",
        "alter table marts.credit_lots alter priority type integer",
        "drop table marts.usage_by_member",
        "create table marts.more as select 1 as one",
    )
    assert {mart: one.differences for mart, one in found.items()} == {
        "usage_daily": ("column more: served nothing, recomputed BIGINT",),
        "credit_lots": ("column priority: served BIGINT, recomputed INTEGER",),
        "usage_by_member": ("is in served only",),
        "more": ("is in recomputed only",),
    }
