"""A small working warehouse with the marts of the user's example report, and its published version.

Not here: the assertions.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from orchestration.publish.report.load import load_report
from orchestration.publish.report.model import Report
from orchestration.publish.versions.build import PublishedVersion, activate, build_version, seal

Rows = dict[str, list[dict[str, Any]]]
AS_OF = date(2026, 4, 7)
PUBLISHED_AT = datetime(2026, 4, 8, 2, 10, tzinfo=UTC)

SCHEMA = (Path(__file__).parents[1] / "support" / "published_marts.sql").read_text(encoding="utf-8")
TOTAL = Decimal(2340)
SUGGESTED = (
    "Ruleset rs1: 22 % of its descriptions take 3 or more attempts, 1 % elsewhere; tightening it could save"
    " 115 to 145 credits a month, about 2 days."
)


def usage(spent: int | str, *, products: int, wasted: int = 0, **names: Any) -> dict[str, Any]:
    """A row of a breakdown in the period of the example."""
    credits = Decimal(spent)
    return {
        **{"workspace_id": "w1", "period": "30d", "credits": credits, "credit_share": credits / TOTAL},
        **{
            "generation_count": 2 * products,
            "attempt_count": 2 * products,
            "regeneration_count": products // 8,
        },
        **{"regeneration_rate": Decimal("0.0625"), "product_count": products, "wasted_credits": wasted},
        **{"credits_per_product": credits / products, "waste_rate": wasted / credits if credits else None},
        **{"first_pass_quality_score": Decimal("0.824"), "first_pass_scored_count": products},
        **names,
    }


def ranked(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Breakdown rows with their spend rank; given most credits first."""
    return [{**row, "spend_rank": rank} for rank, row in enumerate(rows, start=1)]


def summary(**changes: Any) -> dict[str, Any]:
    """The example's row of credit_summary, with changes."""
    return {
        **{"workspace_id": "w1", "workspace_name": "Acme Store", "timezone": "UTC", "period": "30d"},
        **{"as_of": AS_OF, "credits_used": TOTAL, "generation_count": 1600, "attempt_count": 1580},
        **{"regeneration_count": 100, "regeneration_rate": Decimal(100) / 1580, "product_count": 400},
        **{"credits_per_product": TOTAL / 400, "first_pass_quality_score": Decimal("0.824")},
        **{"first_pass_scored_count": 690, "wasted_credits": 180},
        **{"window_start_date": date(2026, 3, 9), "window_end_date": date(2026, 4, 7)},
        **{"allowance": 5000, "credits_remaining": 2660, "overage": 0},
        **{"burn_rate": 78, "burn_rate_days": 30, "first_pass_count": 700, "member_count": 5},
        **{"used_credits": 1800, "iterated_credits": 160, "pending_credits": 200, "untracked_credits": 0},
        **{"most_efficient_member_id": "m3", "waste_rate": Decimal(180) / TOTAL},
        **changes,
    }


def forecast(**changes: Any) -> dict[str, Any]:
    """The example's row of depletion_forecast, with changes."""
    return {
        **{"workspace_id": "w1", "as_of": AS_OF, "forecast_status": "ok", "credits_remaining": 2660},
        **{"burn_rate_7d": 78, "burn_rate_7d_days": 7, "burn_rate_30d": 78, "burn_rate_30d_days": 30},
        **{"pace_date": date(2026, 5, 12), "history_days": 30, "lead_time_days": 3, "capped_credits": 0},
        **changes,
    }


def check(name: str, *, passed: bool = True, run_id: str = "r2", hour: int = 2) -> dict[str, Any]:
    """A result of a check of the newest run, or of an earlier one."""
    return {
        **{
            "run_id": run_id,
            "layer": "marts",
            "asset": "credit_summary",
            "check_name": name,
            "passed": passed,
        },
        **{"severity": "warning", "message": "of w9", "checked_at": datetime(2026, 4, 8, hour)},
    }


def example_rows() -> Rows:
    """The marts of the user's example report."""
    people = (
        *(("m1", "Sarah", 680, 110), ("m2", "Mike", 520, 90), ("m3", "Lisa", 480, 98)),
        *(("m4", "Tom", 400, 75), ("m5", "Anna", 260, 50)),
    )
    types = (
        *(("description", "Descriptions", 1200), ("meta", "Meta tags", 500)),
        *(("bullets", "Bullet points", 340), ("keywords", "Keywords", 300)),
    )
    categories = (("Shoes", 900, 150), ("Bags", 640, 110), ("Jackets", 480, 90), ("Accessories", 320, 50))
    return {
        "credit_summary": [summary()],
        "usage_by_member": ranked(
            usage(spent, products=products, member_id=id, member_name=name, is_most_efficient=id == "m3")
            for id, name, spent, products in people
        ),
        "usage_by_category": ranked(
            usage(spent, products=products, product_category=name) for name, spent, products in categories
        ),
        "usage_by_generation_type": ranked(
            usage(spent, products=200, generation_type=id, generation_type_name=name)
            for id, name, spent in types
        ),
        "waste_by_reason": [
            waste("excess_regeneration", 180),
            waste("unused_content", 0),
        ],
        "waste_suggestions": [suggested()],
        "depletion_forecast": [
            forecast(),
            forecast(as_of=date(2026, 4, 6), pace_date=date(2026, 5, 30)),
        ],
        "forecast_accuracy": [],
        "generation_details": [
            {"source": "native", "event_id": id, "workspace_id": "w1", "usage_date": AS_OF, "credits": "1.5"}
            for id in ("e2", "e3", "e1")
        ],
        "data_quality": [
            check("rows_add_up"),
            check("nothing_is_late", passed=False),
            check("old", passed=False, run_id="r1", hour=1),
        ],
    }


def waste(reason: str, wasted: int, *, generations: int = 60) -> dict[str, Any]:
    """A row of waste_by_reason in the period of the example."""
    return {
        **{"workspace_id": "w1", "period": "30d", "waste_reason": reason, "wasted_credits": wasted},
        **{"generation_count": generations, "share_of_credits": wasted / TOTAL},
    }


def suggested(**changes: Any) -> dict[str, Any]:
    """The example's row of waste_suggestions, with changes."""
    return {
        **{"workspace_id": "w1", "as_of": AS_OF, "suggestion_rank": 1, "segment_kind": "ruleset"},
        **{"segment_id": "rs1 / description", "ruleset_id": "rs1", "generation_type": "description"},
        **{"waste_reason": "excess_regeneration", "generation_count": 273, "wasted_generation_count": 60},
        **{"evidence_count": 175, "affected_count": 38, "elsewhere_count": 179},
        **{"elsewhere_affected_count": 1, "credits": "657.33", "wasted_credits": "145.32"},
        **{"potential_saving_credits_low": "115.243153", "potential_saving_credits_mid": "136.415192"},
        **{"potential_saving_credits_high": "145.32", "saving_days": "2.1", "suggestion": SUGGESTED},
        **{"evidence_from": date(2026, 1, 8), "evidence_to": AS_OF},
        **changes,
    }


@cache
def _empty_warehouse() -> bytes:
    """The file of a warehouse whose marts have no rows; making it takes longer than filling it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.begin()
            connection.execute(SCHEMA)
            connection.commit()
        return path.read_bytes()


def write_warehouse(path: Path, rows: Rows) -> Path:
    """Create a working warehouse whose marts hold the rows; data_quality is a view, as in the real one."""
    path.write_bytes(_empty_warehouse())
    with duckdb.connect(str(path)) as connection:
        connection.begin()
        for mart, entries in rows.items():
            table = "journal.check_results" if mart == "data_quality" else f"marts.{mart}"
            for columns, alike in groupby(entries, key=tuple):
                marks = f"({', '.join('?' * len(columns))})"
                values = [[*row.values()] for row in alike]
                connection.execute(
                    f"insert into {table} ({', '.join(columns)}) values {', '.join([marks] * len(values))}",
                    [*chain.from_iterable(values)],
                )
        connection.execute("comment on table marts.credit_summary is 'One row for each workspace''s period.'")
        connection.execute("comment on column marts.credit_summary.credits_used is 'Credits of the window.'")
        connection.commit()
    return path


@pytest.fixture
def rows() -> Rows:
    """The marts of the example, free to be changed by the test."""
    return example_rows()


@pytest.fixture
def make_warehouse(tmp_path: Path) -> Callable[[Rows], Path]:
    """Writes rows as the working warehouse of the test, replacing an earlier one."""

    def make(rows: Rows) -> Path:
        path = tmp_path / "warehouse.duckdb"
        path.unlink(missing_ok=True)
        return write_warehouse(path, rows)

    return make


def published_version(
    warehouse: Path, data_dir: Path, *, marts: Sequence[str] | None = None, workspace_files: bool = False
) -> PublishedVersion:
    """Build the next version and serve it at once."""
    version = build_version(
        warehouse, data_dir, published_at=PUBLISHED_AT, marts=marts, workspace_files=workspace_files
    )
    seal(version, data_dir)
    return activate(version, data_dir)


@pytest.fixture
def publish_version() -> Callable[..., PublishedVersion]:
    """Builds the next version of a data directory and serves it at once."""
    return published_version


@pytest.fixture(scope="session")
def first_publication(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Rows], Path]:
    """A folder with the warehouse of some rows and the data directory they were published in, made once."""
    made: dict[str, Path] = {}

    def make(rows: Rows) -> Path:
        key = repr(rows)
        if key not in made:
            folder = tmp_path_factory.mktemp("published")
            published_version(write_warehouse(folder / "warehouse.duckdb", rows), folder / "data")
            made[key] = folder
        return made[key]

    return make


@pytest.fixture
def publish(
    tmp_path: Path, make_warehouse: Callable[[Rows], Path], first_publication: Callable[[Rows], Path]
) -> Callable[[Rows], Path]:
    """Publishes rows in the data directory of the test and returns the link to the served version."""

    def run(rows: Rows) -> Path:
        data_dir = tmp_path / "data"
        if data_dir.exists():
            published_version(make_warehouse(rows), data_dir)
        else:
            shutil.copytree(first_publication(rows), tmp_path, symlinks=True, dirs_exist_ok=True)
        return data_dir / "published"

    return run


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The user's example report, read from a published version."""
    folder = tmp_path_factory.mktemp("example")
    version = published_version(write_warehouse(folder / "warehouse.duckdb", example_rows()), folder)
    return load_report(version.path, workspace_id=None, days=30)
