"""The burn-down as a chart: credits left so far, and the range of what will be left.

Used by the page and the dashboard. Not here: how numbers are formatted (formatting.py), or sentences
(sentences.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import altair as alt
import vl_convert

from orchestration.publish.report.formatting import credits, day_month
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Report

BLUE, SKY, ORANGE, VERMILLION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
INK, GREY, RUST, LINE = "#111827", "#4b5563", "#8a3b00", "#e5e7eb"
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Thai", sans-serif'
LONGEST_DAYS_AHEAD = 120
LOTS_MARKED = 3
# one size for every screen: on a narrow one the page enlarges the labels
WIDTH, HEIGHT = 560, 280
# room for the numbers of the axis when they are large
AXIS_EXTENT = 62
TICKS = 5


def burn_down(report: Report, *, width: int = WIDTH, height: int = HEIGHT) -> alt.LayerChart | None:
    """Credits left: measured (solid), the median forecast (dashed) and its 50 % and 80 % ranges.

    The picture's numbers are floats; no number is read from it.

    Args:
        report: with `balances`; without `paths` there is only the measured line.
        width, height: of the plot in pixels, without its axes.

    Returns:
        None without a ledger.
    """
    if not report.balances:
        return None
    as_of, last = report.summary.as_of, _last_day(report)
    highest = max([line.closing for line in report.balances] + [report.summary.allowance or 0])
    days = _days_of_ticks(report.balances[0].usage_date, last)
    x = alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(type="utc", domain=[_utc(report.balances[0].usage_date), _utc(last)]),
        axis=alt.Axis(
            values=[_utc(day) for day in days], labelExpr=_labels(days), labelFlush=True, grid=False
        ),
    )
    # a little room above the allowance for the label at the top
    y = alt.Y(
        "left:Q",
        title=None,
        scale=alt.Scale(domain=[0, float(highest) * 1.12 or 1]),
        axis=alt.Axis(tickCount=4, format=",.0f", domain=False, ticks=False, minExtent=AXIS_EXTENT),
    )
    layers = [
        *_window(report, last=last),
        *_bands(report, x, y, last=last),
        *_lots(report, last=last, height=height),
        _line([(line.usage_date, line.closing) for line in report.balances], x, y, VERMILLION),
        *_today(report, x, y, as_of=as_of),
    ]
    return (
        alt.layer(*layers)
        .properties(width=width, height=height)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=GREY, labelFontSize=13, gridColor=LINE, domainColor="#9ca3af", tickColor="#9ca3af"
        )
    )


def svg(chart: alt.LayerChart) -> str:
    """The chart as one `<svg>` element that loads nothing from outside; 80 ms of a core."""
    # a test validates it once; validating every page would cost as much as rendering it
    return vl_convert.vegalite_to_svg(chart.to_dict(validate=False), allowed_base_urls=[])


def _last_day(report: Report) -> date:
    """The end of the range, with a little room, but at most `LONGEST_DAYS_AHEAD`."""
    as_of, forecast = report.summary.as_of, report.forecast
    ends = [report.paths[-1].forecast_date] if report.paths else [as_of]
    if forecast and forecast.pace_date:
        ends.append(forecast.pace_date)
    return min(max(ends) + timedelta(days=3), as_of + timedelta(days=LONGEST_DAYS_AHEAD))


def _window(report: Report, *, last: date) -> list[alt.Chart]:
    """The days between which the credits run out in 8 of 10 cases."""
    forecast = report.forecast
    if forecast is None or forecast.depletes_on_p10 is None or forecast.depletes_on_p10 >= last:
        return []
    first, end = forecast.depletes_on_p10, min(forecast.depletes_on_p90 or last, last)
    window = alt.Chart(_values([{"day": _utc(first), "end": _utc(end + timedelta(days=1))}]))
    label = _("empty here: 8 in 10")
    return [
        window.mark_rect(color=ORANGE, opacity=0.25).encode(x="day:T", x2="end:T"),
        window.mark_text(
            text=label, align="right", dx=-4, color=RUST, fontSize=13, fontWeight=600, baseline="top"
        ).encode(x="end:T", y=alt.value(2)),
    ]


def _bands(report: Report, x: alt.X, y: alt.Y, *, last: date) -> list[alt.Chart]:
    paths = [day for day in report.paths if day.forecast_date <= last]
    if len(paths) < 2:
        return []
    layers = []
    for low, high, opacity in (("balance_p10", "balance_p90", 0.3), ("balance_p25", "balance_p75", 0.45)):
        rows = [
            {
                "day": _utc(day.forecast_date),
                "left": float(getattr(day, low)),
                "to": float(getattr(day, high)),
            }
            for day in paths
        ]
        band = alt.Chart(_values(rows)).mark_area(color=SKY, opacity=opacity, interpolate="linear")
        layers.append(band.encode(x=x, y=y, y2="to:Q"))
    median = _line([(day.forecast_date, day.balance_p50) for day in paths], x, y, BLUE, dash=[6, 4])
    # labelled where they are widest
    widest = max(paths, key=lambda day: day.balance_p90 - day.balance_p10)
    texts = [("balance_p90", "80 %", -8), ("balance_p75", "50 %", 5)]
    labels = [
        alt.Chart(_values([{"day": _utc(widest.forecast_date), "left": float(getattr(widest, quantile))}]))
        .mark_text(text=text, color=INK, fontSize=12, dy=dy, dx=4, align="left")
        .encode(x=x, y=y)
        for quantile, text, dy in texts
    ]
    return [*layers, median, *labels]


def _lots(report: Report, *, last: date, height: int) -> list[alt.Chart]:
    marked = [lot for lot in report.expiring if lot.expires_on <= last][:LOTS_MARKED]
    layers = []
    for index, lot in enumerate(marked):
        rule = alt.Chart(_values([{"day": _utc(lot.expires_on)}]))
        label = _("{credits} expire {day}", credits=credits(lot.remaining), day=day_month(lot.expires_on))
        layers += [
            rule.mark_rule(color=GREY, strokeDash=[2, 3]).encode(x="day:T"),
            rule.mark_text(text=label, align="right", dx=-4, color=GREY, fontSize=12).encode(
                x="day:T", y=alt.value(height - 12 - 16 * index)
            ),
        ]
    return layers


def _today(report: Report, x: alt.X, y: alt.Y, *, as_of: date) -> list[alt.Chart]:
    """The last measured point, labelled."""
    now = report.balances[-1]
    point = alt.Chart(_values([{"day": _utc(as_of), "left": float(now.closing)}])).encode(x=x, y=y)
    label = _("{credits} left", credits=credits(now.closing))
    return [
        point.mark_point(color=VERMILLION, filled=True, size=60, opacity=1),
        point.mark_text(text=label, align="left", dx=8, dy=-8, color=INK, fontSize=13, fontWeight=600),
    ]


def _line(
    points: Sequence[tuple[date, object]], x: alt.X, y: alt.Y, color: str, dash: Sequence[int] = ()
) -> alt.Chart:
    rows = [{"day": _utc(day), "left": float(left)} for day, left in points]  # type: ignore[arg-type]
    mark = alt.Chart(_values(rows)).mark_line(color=color, strokeWidth=2.5, strokeDash=list(dash))
    return mark.encode(x=x, y=y)


def _days_of_ticks(first: date, last: date) -> list[date]:
    step = max(-(-(last - first).days // TICKS), 1)
    return [first + timedelta(days=number) for number in range(0, (last - first).days + 1, step)]


def _labels(days: Sequence[date]) -> str:
    """A Vega expression that formats the days of the axis as the page does."""
    written = ", ".join(f"'{_milliseconds(day)}': '{day_month(day)}'" for day in days)
    return f"({{{written}}})['' + time(datum.value)]"


def _milliseconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000


def _values(rows: list[dict[str, object]]) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _utc(day: date) -> str:
    # without a zone, Vega would take the machine's
    return f"{day.isoformat()}T00:00:00Z"
