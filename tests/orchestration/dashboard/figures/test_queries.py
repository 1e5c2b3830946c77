"""For any filter, the total, its breakdowns and the single generations have the same credits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import pytest

from orchestration.dashboard.figures.queries import (
    DAILY,
    DETAILED,
    DETAILS_COLUMNS,
    DIMENSIONS,
    NONE,
    REASON,
    TAG,
    Figures,
    Filter,
    breakdown,
    choices,
    details,
    known_names,
    total,
    waste_by_reason,
)

LAST = date(2026, 4, 7)
HOSTILE = "'; drop table marts.usage_daily; --"
ADDED = ("credits", "generation_count", "attempt_count", "regeneration_count", "wasted_credits", "cost")


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Generations of 100 days, and the cube of their totals, as in the marts."""
    schema = (Path(__file__).parents[3] / "support" / "published_marts.sql").read_text(encoding="utf-8")
    connection = duckdb.connect(str(tmp_path_factory.mktemp("marts") / "credits.duckdb"))
    connection.execute(schema)
    people, categories, types = ("m1", "m2", HOSTILE), ("Shoes", "Bags"), ("description", "meta")
    for number, (day, who, category, kind) in enumerate(product(range(0, 89, 4), people, categories, types)):
        wasted = number % 5 == 0
        connection.execute(
            "insert into marts.generation_details (workspace_id, source, event_id, usage_date, occurred_at,"
            " member_id, team, product_category, generation_type, credits, disposition, waste_reason,"
            " attempt_number, is_regeneration, locale, model, status, tags, cost, currency, unpriced_credits)"
            " values ('w1', 'native', $id, $day, $day, $who, $team, $category, $kind, $credits, $disposition,"
            " $reason, $attempt, $again, $locale, 'gpt', 'succeeded', $tags, $credits * 0.05, 'USD', 0)",
            {
                **{"id": f"e{number}", "day": LAST - timedelta(days=day), "who": who, "category": category},
                **{"kind": kind, "credits": Decimal(number % 7) + Decimal("0.000001")},
                **{"disposition": "wasted" if wasted else "used", "attempt": number % 3 or None},
                **{"reason": ("rejected_content", "failed_generation")[number % 2] if wasted else None},
                **{"again": number % 3 == 2, "team": "Catalogue" if who == "m1" else "(no team)"},
                **{"locale": ("en", None)[number % 2], "tags": ('{"client":"A, \\"B\\""}', None)[number % 2]},
            },
        )
    connection.execute(
        "insert into marts.usage_daily select workspace_id, usage_date, member_id, product_category,"
        " generation_type, sum(credits), count(*), count(attempt_number), count_if(is_regeneration), 0, 0,"
        " sum(if(disposition = 'wasted', credits, 0)), 0, 0, sum(cost), 'USD', 0,"
        " sum(if(disposition = 'wasted', cost, 0)), team from marts.generation_details group by all"
    )
    connection.execute(
        "insert into marts.usage_by_member (workspace_id, member_id, member_name)"
        " values ('w1', 'm1', 'Sarah'), ('w1', 'm1', 'Sarah'), ('w1', 'm2', ' ')"
    )
    return connection


def filters() -> list[dict[str, tuple[str, ...]]]:
    chosen: list[dict[str, tuple[str, ...]]] = [
        *({}, {"member_id": ("m1",)}, {"member_id": ("m1", HOSTILE)}, {"member_id": ("nobody",)}),
        *({"team": ("(no team)",), "product_category": ("Shoes",)}, {"generation_type": ("meta",)}),
        *({REASON: ("rejected_content",)}, {REASON: ("rejected_content", "failed_generation")}),
        *({"locale": ("en",), "member_id": ("m2",)}, {"model": ("gpt",), "status": ("succeeded",)}),
        *({TAG: ('client=A, "B"',)}, {TAG: ('client=A, "B"', "client=none"), "team": ("Catalogue",)}),
    ]
    return chosen


def test_breakdowns_and_generations_add_up_to_the_total(marts: duckdb.DuckDBPyConnection) -> None:
    seen = set()
    for chosen, days in product(filters(), (0, 6, 40, 89)):
        selection = Filter("w1", LAST - timedelta(days=days), LAST, chosen)
        expected = total(marts, selection)
        for by in (*DAILY, *DETAILED, "usage_date"):
            parts = [figures for _, figures in breakdown(marts, selection, by)]
            assert added(parts) == added([expected]), (by, chosen, days)
        rows = details(marts, selection, limit=None).executed().fetchall()
        assert len(rows) == expected.generation_count
        at = DETAILS_COLUMNS.index("credits")
        assert sum((row[at] for row in rows), Decimal(0)) == expected.credits
        reasons = waste_by_reason(marts, selection, wasted=expected.wasted_credits)
        assert sum((line[1] for line in reasons), Decimal(0)) == expected.wasted_credits
        assert None not in [reason for reason, *_rest in reasons]
        seen.add(expected.credits)
    assert len(seen) > 10


def added(parts: list[Figures]) -> tuple[Decimal, ...]:
    return tuple(sum((getattr(part, name) or Decimal(0) for part in parts), Decimal(0)) for name in ADDED)


def test_waste_of_days_whose_generations_are_not_kept_is_a_line_of_its_own(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    selection = Filter("w1", date.min, LAST)
    wasted = total(marts, selection).wasted_credits
    lines = waste_by_reason(marts, selection, wasted=wasted + 7)
    assert lines[-1] == (None, Decimal(7), None)
    assert sum((line[1] for line in lines), Decimal(0)) == wasted + 7


def test_what_is_not_delivered_is_a_part_of_its_own(marts: duckdb.DuckDBPyConnection) -> None:
    selection = Filter("w1", date.min, LAST)
    assert {value for value, _ in breakdown(marts, selection, "locale")} == {"en", NONE}
    assert breakdown(marts, selection, "ruleset_id")[0][1] == total(marts, selection)


def test_cost_is_unknown_where_a_day_was_paid_in_several_currencies(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    day = Filter("w1", LAST, LAST)
    assert total(marts, day).currency == "USD"
    for change in ("currency = 'EUR'", "cost = null, currency = null"):
        marts.begin()
        marts.execute(
            f"update marts.usage_daily set {change} where usage_date = $day and team = 'Catalogue'",
            {"day": LAST},
        )
        found = total(marts, day)
        marts.rollback()
        assert (found.cost, found.wasted_cost, found.currency) == (None, None, None)


def test_a_value_from_outside_is_never_sql(marts: duckdb.DuckDBPyConnection) -> None:
    selection = Filter("w1", date.min, LAST, {"member_id": (HOSTILE,)})
    assert [key for key, _ in breakdown(marts, selection, "member_id")] == [HOSTILE]
    assert total(marts, Filter(HOSTILE, date.min, LAST)).credits == 0
    assert total(marts, Filter("w1", date.min, LAST, {TAG: (f"client={HOSTILE}",)})).credits == 0
    with pytest.raises(ValueError, match="a filter names one of"):
        total(marts, Filter("w1", date.min, LAST, {HOSTILE: ("x",)}))
    with pytest.raises(ValueError, match="broken down by one of"):
        breakdown(marts, selection, HOSTILE)


def test_choices_are_the_values_of_the_chosen_days(marts: duckdb.DuckDBPyConnection) -> None:
    found = choices(marts, Filter("w1", LAST, LAST, {"member_id": ("m1",)}))
    assert found.keys() == set(DIMENSIONS)
    assert found["member_id"] == sorted([HOSTILE, "m1", "m2"])
    assert found["product_category"] == ["Bags", "Shoes"]
    assert found[REASON] == ["failed_generation", "rejected_content"]
    assert (found["locale"], found["ruleset_id"], found[TAG]) == (["en"], [], ['client=A, "B"'])
    assert known_names(marts, "w1") == {("member_id", "m1"): "Sarah"}


def test_rates_are_ratios_of_totals_and_undefined_without_rows(marts: duckdb.DuckDBPyConnection) -> None:
    whole = total(marts, Filter("w1", date.min, LAST))
    assert whole.regeneration_rate == Decimal(whole.regeneration_count) / whole.attempt_count
    assert whole.waste_rate == whole.wasted_credits / whole.credits
    nothing = total(marts, Filter("w1", LAST + timedelta(days=1), LAST + timedelta(days=2)))
    assert (nothing.regeneration_rate, nothing.waste_rate) == (None, None)
