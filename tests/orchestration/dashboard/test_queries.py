"""For any filter, the total, its breakdowns and the single generations have the same credits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dashboard.queries import (
    DIMENSIONS,
    Figures,
    Filter,
    breakdown,
    choices,
    details,
    first_and_last_day,
    known_names,
    total,
)

LAST = date(2026, 4, 7)
HOSTILE = "'; drop table marts.usage_daily; --"


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Generations of 100 days, and the cube of their totals, as in the marts."""
    schema = (Path(__file__).parents[2] / "support" / "published_marts.sql").read_text(encoding="utf-8")
    connection = duckdb.connect(str(tmp_path_factory.mktemp("marts") / "credits.duckdb"))
    connection.execute(schema)
    people, categories, types = ("m1", "m2", HOSTILE), ("Shoes", "Bags"), ("description", "meta")
    for number, (day, who, category, kind) in enumerate(product(range(0, 89, 4), people, categories, types)):
        wasted = number % 5 == 0
        connection.execute(
            "insert into marts.generation_details (workspace_id, source, event_id, usage_date, occurred_at,"
            " member_id, product_category, generation_type, credits, disposition, waste_reason,"
            " attempt_number, is_regeneration) values ('w1', 'native', $id, $day, $day, $who, $category,"
            " $kind, $credits, $disposition, $reason, $attempt, $again)",
            {
                **{"id": f"e{number}", "day": LAST - timedelta(days=day), "who": who, "category": category},
                **{"kind": kind, "credits": Decimal(number % 7) + Decimal("0.000001")},
                **{"disposition": "wasted" if wasted else "used", "attempt": number % 3 or None},
                **{"reason": ("rejected_content", "failed_generation")[number % 2] if wasted else None},
                "again": number % 3 == 2,
            },
        )
    connection.execute(
        "insert into marts.usage_daily select workspace_id, usage_date, member_id, product_category,"
        " generation_type, sum(credits), count(*), count(attempt_number), count_if(is_regeneration), 0, 0,"
        " sum(if(disposition = 'wasted', credits, 0)), 0, 0 from marts.generation_details group by all"
    )
    connection.execute(
        "insert into marts.usage_by_member (workspace_id, member_id, member_name)"
        " values ('w1', 'm1', 'Sarah'), ('w1', 'm1', 'Sarah'), ('w1', 'm2', ' ')"
    )
    return connection


def filters() -> list[dict[str, tuple[str, ...]]]:
    members: tuple[tuple[str, ...], ...] = ((), ("m1",), ("m1", HOSTILE), ("nobody",))
    categories: tuple[tuple[str, ...], ...] = ((), ("Shoes",))
    types: tuple[tuple[str, ...], ...] = ((), ("meta", "description"), ("meta",))
    return [dict(zip(DIMENSIONS, values, strict=True)) for values in product(members, categories, types)]


@pytest.mark.parametrize("reasons", [(), ("rejected_content",), ("rejected_content", "failed_generation")])
def test_breakdowns_and_generations_add_up_to_the_total(
    marts: duckdb.DuckDBPyConnection, reasons: tuple[str, ...]
) -> None:
    seen = set()
    for chosen, days in product(filters(), (6, 89)):
        selection = Filter("w1", LAST - timedelta(days=days), LAST, chosen, reasons)
        expected = total(marts, selection)
        for by in (*DIMENSIONS, "usage_date"):
            parts = [figures for _, figures in breakdown(marts, selection, by)]
            added = [sum(values) for values in zip(*map(values_of, parts), strict=True)] or [0] * 5
            assert tuple(added) == values_of(expected)
        rows = details(marts, selection, limit=None).executed().fetchall()
        assert len(rows) == expected.generation_count
        assert sum((row[6] for row in rows), Decimal(0)) == expected.credits
        seen.add(expected.credits)
    assert len(seen) >= 10


def values_of(figures: Figures) -> tuple[Any, ...]:
    return tuple(vars(figures).values())


def test_a_value_from_outside_is_never_sql(marts: duckdb.DuckDBPyConnection) -> None:
    selection = Filter("w1", date.min, LAST, {"member_id": (HOSTILE,)})
    assert [key for key, _ in breakdown(marts, selection, "member_id")] == [HOSTILE]
    assert total(marts, Filter(HOSTILE, date.min, LAST)).credits == 0
    with pytest.raises(ValueError, match="a filter names one of"):
        total(marts, Filter("w1", date.min, LAST, {HOSTILE: ("x",)}))
    with pytest.raises(ValueError, match="broken down by one of"):
        breakdown(marts, selection, HOSTILE)


def test_choices_are_the_values_of_the_chosen_days(marts: duckdb.DuckDBPyConnection) -> None:
    found = choices(marts, Filter("w1", LAST, LAST, {"member_id": ("m1",)}))
    assert found["member_id"] == sorted([HOSTILE, "m1", "m2"])
    assert found["product_category"] == ["Bags", "Shoes"]
    assert found["waste_reason"] == ["failed_generation", "rejected_content"]
    assert first_and_last_day(marts, "w1") == (LAST - timedelta(days=88), LAST)
    assert first_and_last_day(marts, "w2") is None
    assert known_names(marts, "w1") == {("member_id", "m1"): "Sarah"}


def test_rates_are_ratios_of_totals_and_undefined_without_rows(marts: duckdb.DuckDBPyConnection) -> None:
    whole = total(marts, Filter("w1", date.min, LAST))
    assert whole.regeneration_rate == Decimal(whole.regeneration_count) / whole.attempt_count
    assert whole.waste_rate == whole.wasted_credits / whole.credits
    nothing = total(marts, Filter("w1", LAST + timedelta(days=1), LAST + timedelta(days=2)))
    assert (nothing.regeneration_rate, nothing.waste_rate) == (None, None)
