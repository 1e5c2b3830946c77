"""The burn-down and the use of each day as pictures: where lines, bands, bars, marks and labels are.

Not here: how they are drawn (templates/*.svg.j2), how numbers are formatted (formatting.py), or
sentences (sentences.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter

from orchestration.publish.report.formatting import credits, day_month
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.i18n import written_number
from orchestration.publish.report.model import ExpiringLot, PathDay, Report, Window

LONGEST_DAYS_AHEAD = 120
LOTS_MARKED = 3
# the plot, of one size for every screen: on a narrow one the page enlarges the labels
WIDTH, HEIGHT = 560, 280
TOP, RIGHT, BOTTOM = 6, 8, 26
# room for the numbers of the axis, more for those of a million and above
LEFT, DIGIT_WIDTH = 62, 8
AMOUNTS_LABELLED = 6
DAYS_LABELLED = 5
# about the width of a letter of a label, to keep it inside the picture
LETTER_WIDTH = 7
# the bars of the days, stretched to the width of their place
DAY_WIDTH, DAYS_HEIGHT = 10, 64
BANDS = (("balance_p10", "balance_p90"), ("balance_p25", "balance_p75"))


@dataclass(frozen=True)
class Label:
    """A text whose start, middle or end (`anchor`) is at a position."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class BurnDown:
    """The picture; positions are pixels from its top left corner, points are "x,y x,y …".

    Attributes:
        left, right, top, bottom: of the plot.
        measured: points of the line of credits left, to `today`.
        bands: outlines of the ranges of 80 % and 50 %.
        window: from where to where the credits run out in 8 of 10 cases.
        lots: where they expire.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    amounts: list[Label]
    days: list[Label]
    measured: str
    today: tuple[float, float]
    today_label: Label
    median: str
    bands: list[str]
    band_labels: list[Label]
    window: tuple[float, float] | None
    window_label: Label | None
    lots: list[float]
    lot_labels: list[Label]


@dataclass(frozen=True)
class DailyUse:
    """The picture of what was used on each day of a window; `bars` is the data of one SVG path."""

    width: int
    height: int
    bars: str
    first: date
    last: date
    most: Decimal
    most_on: date


@dataclass(frozen=True)
class _Plot:
    """From days and credits to positions."""

    first: date
    last: date
    left: float
    day_width: float
    credit_height: float
    top: float = TOP
    bottom: float = TOP + HEIGHT

    @property
    def right(self) -> float:
        return self.left + WIDTH

    def x(self, day: date) -> float:
        return self.left + self.day_width * (day - self.first).days

    def y(self, credits: Decimal | float) -> float:
        return self.bottom - self.credit_height * float(credits)

    def xs(self, days: Iterable[date]) -> list[str]:
        """The positions of days, for lines."""
        left, width, start = self.left, self.day_width, self.first.toordinal()
        return [f"{left + width * (day.toordinal() - start):.1f}" for day in days]

    def line(self, xs: Sequence[str], credits: Iterable[Decimal | float]) -> list[str]:
        """Points "x,y", without those between two of their height, where the line is straight."""
        bottom, height = self.bottom, self.credit_height
        ys = [f"{bottom - height * float(value):.1f}" for value in credits]
        around = zip(xs, ys, ["", *ys], [*ys[1:], ""], strict=False)
        return [f"{x},{y}" for x, y, before, after in around if not before == y == after]

    def label_before(self, x: float, y: float, text: str) -> Label:
        """A label that ends before a position, or starts after it where there is no room."""
        if x - self.left > LETTER_WIDTH * len(text):
            return Label(x - 4, y, text, "end")
        return Label(x + 4, y, text)


def burn_down(report: Report) -> BurnDown | None:
    """Credits left: measured, the median forecast and its 50 % and 80 % ranges; None without a ledger.

    The picture's numbers are floats; no number is read from it.
    """
    if not report.balances:
        return None
    first, last = report.balances[0].usage_date, _last_day(report)
    highest = max([line.closing for line in report.balances] + [report.summary.allowance or Decimal(0)])
    # a little room above the allowance for the label at the top
    highest = highest * Decimal("1.12") or Decimal(1)
    amounts = _amounts(highest)
    plot = _Plot(
        first,
        last,
        left=max(LEFT, *(DIGIT_WIDTH * len(text) for _amount, text in amounts)),
        day_width=WIDTH / (last - first).days,
        credit_height=HEIGHT / float(highest),
    )
    now = report.balances[-1]
    today = plot.x(now.usage_date), plot.y(now.closing)
    paths = [day for day in report.paths if day.forecast_date <= last]
    ahead = plot.xs(day.forecast_date for day in paths)
    window = _window(report, plot)
    lots = marked_lots(report)
    expiries = [
        _("{credits} expire {day}", credits=credits(lot.remaining), day=day_month(lot.expires_on))
        for lot in lots
    ]
    return BurnDown(
        width=plot.right + RIGHT,
        height=plot.bottom + BOTTOM,
        left=plot.left,
        right=plot.right,
        top=plot.top,
        bottom=plot.bottom,
        amounts=[Label(plot.left - 4, plot.y(amount), text, "end") for amount, text in amounts],
        days=list(_days(plot)),
        measured=" ".join(
            plot.line(
                plot.xs(day.usage_date for day in report.balances), [day.closing for day in report.balances]
            )
        ),
        today=today,
        today_label=_today_label(*today, day_month(now.usage_date), plot),
        median=" ".join(plot.line(ahead, map(attrgetter("balance_p50"), paths))),
        bands=[_band(ahead, paths, low, high, plot) for low, high in BANDS] if paths else [],
        band_labels=_band_labels(paths, plot),
        window=window,
        window_label=plot.label_before(window[1], plot.top + 13, _("empty here: 8 in 10"))
        if window
        else None,
        lots=[plot.x(lot.expires_on) for lot in lots],
        lot_labels=[
            plot.label_before(plot.x(lot.expires_on), plot.bottom - 8 - 16 * index, text)
            for index, (lot, text) in enumerate(zip(lots, expiries, strict=True))
        ],
    )


def marked_lots(report: Report) -> list[ExpiringLot]:
    """The lots whose expiry the burn-down marks: the first of those within its days."""
    return [lot for lot in report.expiring if lot.expires_on <= _last_day(report)][:LOTS_MARKED]


def daily_use(window: Window) -> DailyUse | None:
    """A bar for each day of the window; None if nothing was used, or where its days were not read."""
    if not window.daily:
        return None
    first, highest = window.summary.window_start_date, max(window.daily, key=attrgetter("credits"))
    start, scale = first.toordinal(), DAYS_HEIGHT / float(highest.credits or 1)
    bars = [
        f"M{(day.usage_date.toordinal() - start) * DAY_WIDTH} {DAYS_HEIGHT}v-{float(day.credits) * scale:.0f}"
        f"h{DAY_WIDTH - 2}V{DAYS_HEIGHT}"
        for day in window.daily
    ]
    return DailyUse(
        width=window.days * DAY_WIDTH,
        height=DAYS_HEIGHT,
        bars="".join(bars),
        first=first,
        last=window.last_day,
        most=highest.credits,
        most_on=highest.usage_date,
    )


def _last_day(report: Report) -> date:
    """The end of the range, with a little room, but at most `LONGEST_DAYS_AHEAD`."""
    as_of, forecast = report.summary.as_of, report.forecast
    ends = [report.paths[-1].forecast_date] if report.paths else [as_of]
    if forecast and forecast.pace_date:
        ends.append(forecast.pace_date)
    return min(max(ends) + timedelta(days=3), as_of + timedelta(days=LONGEST_DAYS_AHEAD))


def _amounts(highest: Decimal) -> list[tuple[Decimal, str]]:
    """Round amounts of credits from 0 to at most the highest, and how they are written."""
    power = Decimal(1).scaleb(highest.adjusted() - 1)
    step = next(power * times for times in (1, 2, 5, 10, 20) if highest < power * times * AMOUNTS_LABELLED)
    amounts = [step * number for number in range(int(highest / step) + 1)]
    return [(amount, written_number(amount) if amount else "0") for amount in amounts]


def _days(plot: _Plot) -> Iterator[Label]:
    days = (plot.last - plot.first).days
    for number in range(0, days + 1, -(-days // DAYS_LABELLED)):
        day = plot.first + timedelta(days=number)
        x, text = plot.x(day), day_month(day)
        is_at_end = plot.right - x < LETTER_WIDTH * len(text) / 2
        yield Label(x, plot.bottom, text, "end" if is_at_end else "middle" if number else "start")


def _window(report: Report, plot: _Plot) -> tuple[float, float] | None:
    forecast = report.forecast
    if forecast is None or forecast.depletes_on_p10 is None or forecast.depletes_on_p10 >= plot.last:
        return None
    end = (forecast.depletes_on_p90 or plot.last) + timedelta(days=1)
    return plot.x(forecast.depletes_on_p10), plot.x(min(end, plot.last))


def _band(xs: Sequence[str], paths: Sequence[PathDay], low: str, high: str, plot: _Plot) -> str:
    upper, lower = (plot.line(xs, map(attrgetter(edge), paths)) for edge in (high, low))
    return " ".join(upper + lower[::-1])


def _band_labels(paths: Sequence[PathDay], plot: _Plot) -> list[Label]:
    """Above the upper edges of the bands, where these are widest."""
    if not paths:
        return []
    widest = max(paths, key=lambda day: day.balance_p90 - day.balance_p10)
    x, inner = plot.x(widest.forecast_date) + 4, plot.y(widest.balance_p75) - 4
    return [Label(x, min(plot.y(widest.balance_p90) - 4, inner - 15), "80 %"), Label(x, inner, "50 %")]


def _today_label(x: float, y: float, text: str, plot: _Plot) -> Label:
    if plot.right - x > LETTER_WIDTH * (len(text) + 1):
        return Label(x + 8, y - 8, text)
    # at the right edge: below the line that leads there, unless that is the axis
    return Label(x - 2, y + 20 if y < plot.bottom - 30 else y - 10, text, "end")
