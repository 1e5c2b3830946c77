"""Where the lines, bands, marks and labels of the burn-down are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.page_states import AS_OF, with_forecast, with_ledger

from orchestration.publish.report.charts import BurnDown, Label, burn_down
from orchestration.publish.report.model import Balance, ExpiringLot, Report


def drawn(report: Report) -> BurnDown:
    chart = burn_down(report)
    assert chart is not None
    return chart


def points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in line.split())]


def labels(chart: BurnDown) -> list[Label]:
    in_plot = [*chart.band_labels, *chart.lot_labels, chart.today_label]
    return [*chart.amounts, *chart.days, *in_plot, *([chart.window_label] if chart.window_label else [])]


def test_there_is_no_picture_without_a_ledger(example: Report) -> None:
    assert burn_down(replace(example, balances=())) is None


def test_credits_and_days_are_to_scale(example: Report) -> None:
    chart = drawn(with_ledger(example))
    # 9 Mar to 26 May, 0 to 12 % above the allowance of 5,000
    assert points(chart.measured)[0] == (62.0, round(286 - 280 * 4922 / 5600, 1))
    assert points(chart.measured)[-1] == (round(62 + 560 * 29 / 78, 1), 286 - 280 * 2660 / 5600)
    assert chart.today == pytest.approx(points(chart.measured)[-1], abs=0.05)
    assert chart.window == pytest.approx((62 + 560 * 58 / 78, 62 + 560 * 76 / 78))
    assert chart.lots == pytest.approx([62 + 560 * 42 / 78])


def test_a_band_goes_along_its_upper_edge_and_back_along_its_lower_one(example: Report) -> None:
    report = with_ledger(example)
    report = replace(report, paths=report.paths[:27])  # while credits are left in every case
    wide, narrow = (points(band) for band in drawn(report).bands)
    days = len(report.paths)
    assert len(wide) == len(narrow) == 2 * days
    for band in (wide, narrow):
        assert [x for x, _ in band[:days]] == [x for x, _ in reversed(band[days:])]
        assert all(
            upper[1] <= lower[1] for upper, lower in zip(band[:days], reversed(band[days:]), strict=True)
        )
    assert all(outer[1] <= inner[1] for outer, inner in zip(wide[:days], narrow[:days], strict=True))


def test_a_line_turns_where_the_credits_do_and_has_no_point_between(example: Report) -> None:
    report = with_ledger(example)
    closing = [5000, 5000, 5000, 4000, 4000, 4000, 4000, 4500]
    balances = [
        replace(day, closing=Decimal(left)) for day, left in zip(report.balances, closing, strict=False)
    ]
    measured = points(drawn(replace(report, balances=tuple(balances))).measured)
    y = {left: round(286 - 280 * left / 5600, 1) for left in closing}
    assert [left for _, left in measured] == [y[left] for left in (5000, 5000, 4000, 4000, 4500)]
    days = (measured[-1][0] - 62) / 7
    assert [round((x - 62) / days) for x, _ in measured] == [0, 2, 3, 6, 7]


@pytest.mark.parametrize(
    ("allowance", "written"),
    [
        ("5000", ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]),
        ("2000", ["0", "500", "1,000", "1,500", "2,000"]),
        ("3000000", ["0", "1,000,000", "2,000,000", "3,000,000"]),
        # written without decimals, these were 0, 0, 1, 1
        ("1", ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_the_axis_has_round_amounts(example: Report, allowance: str, written: list[str]) -> None:
    summary = replace(example.summary, allowance=Decimal(allowance))
    report = replace(example, summary=summary, balances=(Balance(AS_OF, Decimal(allowance)),))
    assert [label.text for label in drawn(report).amounts] == written


def test_an_empty_ledger_without_an_allowance_has_a_picture(example: Report) -> None:
    empty = replace(example, summary=replace(example.summary, allowance=None))
    assert drawn(replace(empty, balances=(Balance(AS_OF, Decimal(0)),))).today[1] == 286


def odd_reports(example: Report) -> list[Report]:
    usual = with_ledger(example)
    soon = tuple(ExpiringLot(AS_OF + timedelta(days=day), Decimal(123456)) for day in (1, 2, 3, 4))
    flat = tuple(Balance(AS_OF - timedelta(days=59 - day), Decimal(2660)) for day in range(60))
    return [
        usual,
        replace(usual, balances=usual.balances[-1:], expiring=soon),
        replace(usual, balances=usual.balances[-1:], paths=()),
        with_forecast(replace(usual, balances=flat, paths=()), pace_date=None),
        with_forecast(replace(usual, paths=()), pace_date=None, depletes_on_p10=None),
        with_forecast(usual, depletes_on_p10=AS_OF, depletes_on_p90=None),
        with_forecast(usual, pace_date=date(2031, 1, 1)),
    ]


@pytest.mark.parametrize("number", range(7))
def test_everything_is_inside_the_picture(example: Report, number: int) -> None:
    """The label of today was cut, and the window reached beyond the axis."""
    chart = drawn(odd_reports(example)[number])
    for label in labels(chart):
        width = 7 * len(label.text)
        start = label.x - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
        assert start >= 0 and start + width <= chart.width + 4, label
        assert 0 < label.y < chart.height, label
    marks = [*chart.lots, *(chart.window or ()), *(x for x, _ in points(chart.median))]
    assert all(chart.left <= x <= chart.right for x in marks)
