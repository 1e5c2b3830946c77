"""A version is served only if it is complete: each way in which a copy can be torn or mixed."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.versions.audit import audit_version
from orchestration.publish.versions.build import PublishedVersion, build_version
from orchestration.publish.versions.export import PublishError

Rows = dict[str, list[dict[str, Any]]]
AS_OF = date(2026, 4, 7)


@pytest.fixture
def build(make_warehouse: Callable[[Rows], Path], tmp_path: Path) -> Callable[..., PublishedVersion]:
    """Builds a version from the rows, with days that add up to each summary."""

    def run(rows: Rows, name: str = "data") -> PublishedVersion:
        daily = [
            {"workspace_id": one["workspace_id"], "usage_date": day, "credits": credits}
            for one in rows["credit_summary"]
            for day, credits in (
                (one["window_start_date"] - timedelta(days=1), 5),
                (one["window_start_date"], 3),
                (AS_OF, one["credits_used"] - 3),
            )
        ]
        warehouse = make_warehouse({**rows, "usage_daily": daily})
        return build_version(warehouse, tmp_path / name, published_at=datetime(2026, 4, 8, tzinfo=UTC))

    return run


def change(version: PublishedVersion, statement: str) -> None:
    with duckdb.connect(str(version.path / "credits.duckdb")) as connection:
        connection.execute(statement)


def test_a_complete_version_passes(rows: Rows, build: Callable[..., PublishedVersion]) -> None:
    audit_version(build(rows), as_of=AS_OF)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("drop table marts.credit_lots", r"credit_lots is not in credits\.duckdb"),
        ("create table marts.more as select 1", r"more is not in the warehouse and parquet/"),
        (
            "delete from marts.usage_by_member where member_id = 'm5'",
            r"usage_by_member has 5 rows in the warehouse, 4 in credits\.duckdb, 5 in its Parquet file",
        ),
        (
            "update marts.credit_summary set credits_used = credits_used + 0.000001",
            r"workspace w1, 30d: 2340\.000000 credits in usage_daily\.parquet, 2340\.000001 credits_used",
        ),
    ],
)
def test_a_database_that_differs_from_the_warehouse_is_refused(
    rows: Rows, build: Callable[..., PublishedVersion], statement: str, found: str
) -> None:
    version = build(rows)
    change(version, statement)
    with pytest.raises(PublishError, match=found):
        audit_version(version, as_of=AS_OF)


def test_a_missing_parquet_file_is_refused(rows: Rows, build: Callable[..., PublishedVersion]) -> None:
    version = build(rows)
    (version.path / "parquet" / "usage_daily.parquet").unlink()
    with pytest.raises(PublishError, match=r"usage_daily is not in parquet/"):
        audit_version(version, as_of=AS_OF)


@pytest.mark.parametrize("mart", ["usage_daily", "usage_by_category", "waste_by_reason"])
def test_a_parquet_file_of_another_run_is_refused_even_with_the_same_row_count(
    rows: Rows, build: Callable[..., PublishedVersion], mart: str
) -> None:
    version = build(rows)
    for one in rows["usage_by_category"]:
        one["credits"] += 1
    rows["waste_by_reason"][0]["wasted_credits"] += 1
    rows["credit_summary"][0]["credits_used"] += 4
    file = Path("parquet") / f"{mart}.parquet"
    shutil.copy(build(rows, "other").path / file, version.path / file)
    with pytest.raises(PublishError, match=rf"workspace w1, 30d: .* in {mart}\.parquet"):
        audit_version(version, as_of=AS_OF)


def test_usage_before_the_window_or_of_another_workspace_is_not_added(
    rows: Rows, build: Callable[..., PublishedVersion]
) -> None:
    rows["credit_summary"].append(
        {**rows["credit_summary"][0], "workspace_id": "w2", "credits_used": 7, "wasted_credits": 0}
    )
    for mart, name in (
        ("usage_by_member", "member_id"),
        ("usage_by_category", "product_category"),
        ("usage_by_generation_type", "generation_type"),
    ):
        rows[mart].append({**rows[mart][0], "workspace_id": "w2", name: "x", "credits": 7})
    audit_version(build(rows), as_of=AS_OF)


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("credits.duckdb", r"credits\.duckdb has .* bytes, and .* by its own account"),
        ("parquet/usage_daily.parquet", "cannot be read"),
    ],
)
def test_a_truncated_file_is_refused(
    rows: Rows, build: Callable[..., PublishedVersion], file: str, found: str
) -> None:
    version = build(rows)
    torn = version.path / file
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 3])
    with pytest.raises(PublishError, match=found):
        audit_version(version, as_of=AS_OF)


def test_summaries_of_another_day_are_refused(rows: Rows, build: Callable[..., PublishedVersion]) -> None:
    with pytest.raises(PublishError, match="credit_summary is of 2026-04-07, this version of 2026-04-08"):
        audit_version(build(rows), as_of=AS_OF + timedelta(days=1))


def test_a_missing_an_empty_and_a_surplus_page_are_refused(
    rows: Rows, build: Callable[..., PublishedVersion]
) -> None:
    version = build(rows)
    page = version.path / "report" / "w1.html"
    page.rename(version.path / "report" / "w2.html")
    with pytest.raises(
        PublishError, match=r"w1 has no page report/w1\.html; report/w2\.html is the page of no"
    ):
        audit_version(version, as_of=AS_OF)
    (version.path / "report" / "w2.html").unlink()
    page.touch()
    with pytest.raises(PublishError, match=r"w1 has no page"):
        audit_version(version, as_of=AS_OF)
