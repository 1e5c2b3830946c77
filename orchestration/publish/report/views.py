"""One window of the page as it is written: the figures, who and what used credits, the waste.

Not here: what does not depend on the window (page.py), the layout (templates/), or sentences (sentences.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from orchestration.publish.report import charts, formatting
from orchestration.publish.report.breakdown import DisplayedLine, displayed_lines, labels_of, most_efficient
from orchestration.publish.report.budgets import before_text
from orchestration.publish.report.headline import no_use_since
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import UsageLine, WasteLine, Window
from orchestration.publish.report.sentences import (
    WasteReason,
    capitalized,
    cost_text,
    costly_waste,
    describe_waste_reason,
    is_waste_unknown,
    pending_text,
    period_text,
    untracked_text,
    used_beyond_allowance,
)

# of who and what on the first screen
TOP = 3
# the column of a breakdown in the marts, by which the dashboard is filtered
MEMBER, CATEGORY, GENERATION_TYPE = "member_id", "product_category", "generation_type"


@dataclass(frozen=True)
class Row:
    """A line of a breakdown as it is written; without a usage line, of the others.

    Attributes:
        width: of its bar, as a CSS percentage; None without a bar.
        address: of the dashboard with this line chosen; None without one.
    """

    label: str
    address: str | None
    width: str | None
    credits: str
    share: str
    cost: str | None
    is_marked: bool = False
    each: str = ""
    regenerated: str = ""
    quality: str = ""
    wasted: str = ""


@dataclass(frozen=True)
class View:
    """A window as the page shows it. Breakdowns are a heading, what a line is, and the rows."""

    window: Window
    label: str
    period: str
    cost: str | None
    wasted_cost: str | None
    is_waste_unknown: bool
    before: str | None
    used_beyond: str | None
    chart: charts.DailyUse | None
    top: list[tuple[str, list[Row]]]
    breakdowns: list[tuple[str, str, list[Row]]]
    marked_label: str
    marked: UsageLine | None
    no_use: str
    waste: list[tuple[WasteLine, str, str | None, WasteReason]]
    untracked: str | None
    pending: str | None


def view_of(window: Window, dashboard_url: str) -> View:
    """The window as the page shows it; `dashboard_url` as in `render_page`."""
    summary, marked, is_unknown = window.summary, most_efficient(window.members), is_waste_unknown(window)
    links = _Links(dashboard_url, window)
    members = _rows(displayed_lines(window.members), window, links=links, dimension=MEMBER)
    categories = _rows(displayed_lines(window.categories), window, links=links, dimension=CATEGORY)
    types = _rows(displayed_lines(window.generation_types), window, links=links, dimension=GENERATION_TYPE)
    top = [
        (_("Top team members"), members),
        (_("Top categories"), categories),
        (_("Top generation types"), types),
    ]
    breakdowns = [
        (_("By team member"), _("Team member"), members),
        (_("By category"), _("Category"), categories),
        (_("By generation type"), _("Generation type"), types),
    ]
    return View(
        window=window,
        label=formatting.whole_days(Decimal(window.days))
        if window.is_rolling
        else capitalized(period_text(window)),
        period=period_text(window),
        cost=cost_text(summary.cost, summary.currency),
        wasted_cost=None if is_unknown else cost_text(summary.wasted_cost, summary.currency),
        is_waste_unknown=is_unknown,
        before=before_text(window),
        used_beyond=used_beyond_allowance(window),
        chart=charts.daily_use(window),
        top=[(heading, rows[:TOP]) for heading, rows in top if rows],
        breakdowns=[breakdown for breakdown in breakdowns if breakdown[2]],
        marked=marked,
        marked_label=labels_of(window.members)[marked.id] if marked else "",
        no_use=no_use_since(summary.last_usage_date, write_date=formatting.day_month_year)
        or _("No use in the last {days} days", days=window.days),
        waste=_waste(window),
        untracked=untracked_text(window),
        pending=pending_text(window),
    )


@dataclass(frozen=True)
class _Links:
    """Addresses of the dashboard with a line of a window's breakdown chosen, as its sidebar reads them."""

    dashboard_url: str
    window: Window

    def to(self, dimension: str, id: str) -> str | None:
        if not self.dashboard_url:
            return None
        chosen = {"workspace": self.window.summary.workspace_id, "period": self.window.period, dimension: id}
        return f"{self.dashboard_url}?{urlencode(chosen)}"


def _rows(lines: Sequence[DisplayedLine], window: Window, *, links: _Links, dimension: str) -> list[Row]:
    summary, rows = window.summary, []
    is_unknown = is_waste_unknown(window)
    # of the lines with a bar: the others are many together
    longest = max((line.credits for line in lines if line.usage), default=Decimal(0))
    for line in lines:
        share, usage = "" if line.percent is None else f"{line.percent}%", line.usage
        if usage is None:
            rows.append(Row(line.label, None, None, line.written, share, None))
            continue
        row = Row(
            label=line.label,
            address=links.to(dimension, usage.id),
            width=bar_width(line.credits, longest),
            credits=line.written,
            share=share,
            cost=cost_text(usage.cost, usage.currency),
            is_marked=usage.is_most_efficient,
            each=formatting.credits_each(usage.credits_per_product, like=summary.credits_per_product),
            regenerated=formatting.percent(usage.regeneration_rate),
            quality=formatting.score(usage.first_pass_quality_score),
            wasted="–" if is_unknown else formatting.percent(usage.waste_rate),
        )
        rows.append(row)
    return rows


def _waste(window: Window) -> list[tuple[WasteLine, str, str | None, WasteReason]]:
    costly = costly_waste(window)
    written = formatting.credits_adding_up([line.wasted_credits for line in costly])
    return [
        (line, amount, cost_text(line.cost, line.currency), describe_waste_reason(line.waste_reason))
        for line, amount in zip(costly, written, strict=True)
    ]


def bar_width(value: Decimal, longest: Decimal) -> str:
    """The length of a bar as a CSS percentage, 0 to 100."""
    share = min(value / longest, Decimal(1)) if longest else Decimal(0)
    return f"{share * 100:.1f}%"


def daily_use_text(chart: charts.DailyUse) -> str:
    """The picture of the daily use for those who do not see it."""
    return _(
        "Credits by day, {first} to {last}: at most {most}, on {day}.",
        first=formatting.day_month_year(chart.first),
        last=formatting.day_month_year(chart.last),
        most=formatting.credits(chart.most),
        day=formatting.day_month_year(chart.most_on),
    )
