"""The format of numbers, percentages, dates and names."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from orchestration.publish.report import formatting


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *(("2340.000000", "2,340"), ("1234567.5", "1,234,568"), ("10.5", "11"), ("9.985", "9.99")),
        *(("0.5", "0.50"), ("0.004", "0.004000"), ("0", "0"), ("0.000000000001", "<0.000001")),
        ("99999999999999999999999999999999.500000", "100,000,000,000,000,000,000,000,000,000,000"),
    ],
)
def test_credits_are_whole_above_ten_and_never_vanish_below(value: str, written: str) -> None:
    assert formatting.credits(Decimal(value)) == written


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["484.4", "481.4", "465.4"], ["485", "481", "465"]),
        (["2339.6", "0.4"], ["2,340", "<1"]),
        (["0.304", "0.066", "0"], ["0.30", "0.07", "0.00"]),
        (["0.000001"], ["0.000001"]),
        (["0", "0"], ["0", "0"]),
        ([], []),
        (
            ["12345678901234567890123456789012.4", "0.2"],
            ["12,345,678,901,234,567,890,123,456,789,013", "<1"],
        ),
    ],
)
def test_parts_of_a_sum_have_its_decimals_and_add_up(values: list[str], written: list[str]) -> None:
    assert formatting.credits_adding_up([Decimal(value) for value in values]) == written


@given(st.lists(st.decimals(min_value=0, max_value=10**12, places=6), max_size=40))
def test_displayed_parts_always_add_up(values: list[Decimal]) -> None:
    written = [
        Decimal(text.replace(",", "")) for text in formatting.credits_adding_up(values) if "<" not in text
    ]
    total = formatting.credits(sum(values, Decimal(0)))
    assert sum(written, Decimal(0)) == Decimal(total.replace(",", "").replace("<0.000001", "0"))


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        *(("115.243153", "145.32", "115 to 145"), ("8.5", "1234.5", "9 to 1,235")),
        *(("1.2", "9.5", "1.20 to 9.50"), ("0.001", "0.002", "0.001000 to 0.002000")),
        *(("0", "11.07", "up to 11"), ("0.4", "11.07", "up to 11"), ("0.5", "11.07", "1 to 11")),
        *(("144.9", "145.32", "145"), ("12", "12", "12"), ("0", "0", "0")),
    ],
)
def test_a_range_of_credits_has_the_decimals_of_its_upper_end(low: str, high: str, written: str) -> None:
    assert formatting.credits_range(Decimal(low), Decimal(high)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *(("0.4", "0 days"), ("0.5", "1 day"), ("1.4", "1 day"), ("1.5", "2 days"), ("2.5", "3 days")),
        ("1234.0", "1,234 days"),
    ],
)
def test_days_are_rounded_to_whole_ones_with_a_plural(value: str, written: str) -> None:
    assert formatting.whole_days(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "like", "written"),
    [("6.25", None, "6.3"), ("0.04", "6.2", "<0.1"), ("0.04", None, "0.040"), ("5", "0.5", "5.000")],
)
def test_credits_per_product_have_one_decimal_and_more_below_one(
    value: str, like: str | None, written: str
) -> None:
    assert formatting.credits_each(Decimal(value), like=Decimal(like) if like else None) == written
    assert formatting.credits_each(None) == ""


def test_halves_are_rounded_up_not_to_even() -> None:
    assert formatting.credits(Decimal("12.5")) == "13"
    assert formatting.percent(Decimal("0.0625")) == "6.3%"
    assert formatting.score(Decimal("0.825")) == "0.83"


def test_percentages_of_the_example_sum_to_100_where_plain_rounding_would_not() -> None:
    assert formatting.whole_percents([Decimal(value) for value in (680, 520, 480, 400, 260)]) == [
        *(29, 22, 21, 17, 11)
    ]
    thirds = [Decimal(1)] * 3
    assert formatting.whole_percents(thirds) == [34, 33, 33]


def test_a_sum_of_zero_has_no_percentages() -> None:
    assert formatting.whole_percents([Decimal(0), Decimal(0)]) is None
    assert formatting.whole_percents([]) is None


@given(st.lists(st.decimals(min_value=0, max_value=10**12, places=6), min_size=1, max_size=40))
def test_percentages_always_sum_to_100_and_are_off_by_less_than_one(values: list[Decimal]) -> None:
    percents = formatting.whole_percents(values)
    if percents is None:
        assert sum(values) == 0
        return
    assert sum(percents) == 100
    for percent, value in zip(percents, values, strict=True):
        assert abs(percent - value * 100 / sum(values)) < 1


def test_dates_are_in_english_in_any_locale() -> None:
    assert formatting.day_month_year(date(2026, 5, 12)) == "12 May 2026"
    assert formatting.day_month_year(date(2026, 9, 3)) == "3 Sep 2026"
    assert formatting.month_day(date(2026, 4, 15), near=date(2026, 4, 7)) == "April 15"
    assert formatting.month_day(date(2027, 1, 3), near=date(2026, 4, 7)) == "January 3, 2027"


def test_exports_never_show_an_exponent() -> None:
    assert formatting.exact(Decimal("0E-12")) == "0.000000000000"
    assert formatting.exact(None) is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        *(("Sarah", "Sarah"), ("a\nb\tc", "a b c"), ("\x1b[31mred\x9b0m", "[31mred0m")),
        # bidi overrides could show a line in another order
        *(("evil\u202egnp.exe", "evilgnp.exe"), ("👩\u200d👩", "👩\u200d👩"), ("דנה", "דנה")),
        *(("lone \ud800", "lone"), ("\x00", "(no name)"), ("", "(no name)"), ("\u200d", "(no name)")),
    ],
)
def test_names_from_outside_cannot_steer_a_terminal(name: str, written: str) -> None:
    assert formatting.plain(name) == written


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_any_name_fits_its_column(name: str, width: int) -> None:
    plain = formatting.plain(name)
    plain.encode()
    assert cell_len(formatting.fit_to_width(plain, width=width)) == width
