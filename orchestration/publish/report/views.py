"""One window of the page as it is written: the figures, who and what used credits, the waste.

Not here: what does not depend on the window (page.py), the layout (templates/), or sentences (sentences.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import chain
from urllib.parse import urlencode

from markupsafe import Markup

from orchestration.publish.report import charts, formatting
from orchestration.publish.report.breakdown import displayed_lines, labels_of, most_efficient, named_types
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
class View:
    """A window as the page shows it. Breakdowns are a heading, what a line is, and the rows as HTML."""

    window: Window
    label: str
    period: str
    cost: str | None
    wasted_cost: str | None
    is_waste_unknown: bool
    before: str | None
    used_beyond: str | None
    chart: charts.DailyUse | None
    top: list[tuple[str, Markup]]
    breakdowns: list[tuple[str, str, Markup]]
    marked_label: str
    marked: UsageLine | None
    no_use: str
    waste: list[tuple[WasteLine, str, str | None, WasteReason]]
    untracked: str | None
    pending: str | None


def view_of(window: Window, dashboard_url: str) -> View:
    """The window as the page shows it; `dashboard_url` as in `render_page`."""
    summary, marked, is_unknown = window.summary, most_efficient(window.members), is_waste_unknown(window)
    breakdowns = [
        (_("By team member"), _("Team member"), _("Top team members"), MEMBER, window.members),
        (_("By category"), _("Category"), _("Top categories"), CATEGORY, window.categories),
        (
            _("By generation type"),
            _("Generation type"),
            _("Top generation types"),
            GENERATION_TYPE,
            named_types(window.generation_types),
        ),
    ]
    shown = [
        (heading, what, top, _rows(lines, window, dimension=dimension, dashboard_url=dashboard_url))
        for heading, what, top, dimension, lines in breakdowns
        if lines
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
        top=[
            (heading, Markup("\n".join(first for first, _others in rows[:TOP])))
            for _by, _what, heading, rows in shown
        ],
        breakdowns=[(heading, what, Markup("".join(chain(*rows)))) for heading, what, _top, rows in shown],
        marked=marked,
        marked_label=labels_of(window.members)[marked.id] if marked else "",
        no_use=no_use_since(summary.last_usage_date, write_date=formatting.day_month_year)
        or _("No use in the last {days} days", days=window.days),
        waste=_waste(window),
        untracked=untracked_text(window),
        pending=pending_text(window),
    )


def _rows(
    lines: Sequence[UsageLine], window: Window, *, dimension: str, dashboard_url: str
) -> list[tuple[str, str]]:
    """The displayed lines as HTML: the cells that are on the first screen, too, and the others.

    Names link to the dashboard, filtered as by its sidebar. Written here, not by a template, which takes
    longer for the hundred lines of a page than for all else. HTML needs no ends of cells and rows.
    """
    displayed = displayed_lines(lines)
    # of the lines with a bar: the others are many together
    longest = max((line.credits for line in displayed if line.usage), default=Decimal(0))
    chosen = {"workspace": window.summary.workspace_id, "period": window.period}
    rows = []
    for line in displayed:
        name, after_name, cost, figures = f"<bdi>{escape(line.label)}</bdi>", "", "", "<td>" * 4
        if line.usage:
            if dashboard_url:
                address = f"{dashboard_url}?{urlencode(chosen | {dimension: line.usage.id})}"
                name = f'<a href="{escape(address)}">{name}</a>'
            if line.usage.is_most_efficient:
                after_name = f' <span class="mark">★ {escape(_("most efficient"))}</span>'
            after_name += f'<i style="width:{bar_width(line.credits, longest)}"></i>'
            cost = cost_text(line.usage.cost, line.usage.currency) or ""
            figures = _figures(line.usage, window)
        share = "" if line.percent is None else f" <small>({line.percent}%)</small>"
        written = f"{escape(line.written)}{share}" + (f"<p>{escape(cost)}" if cost else "")
        rows.append((f'<tr><th scope="row">{name}{after_name}<td>{written}', f"{figures}\n"))
    return rows


def _figures(line: UsageLine, window: Window) -> str:
    figures = (
        # perhaps "<0.1"
        escape(formatting.credits_each(line.credits_per_product, like=window.summary.credits_per_product)),
        formatting.percent(line.regeneration_rate),
        formatting.score(line.first_pass_quality_score),
        "–" if is_waste_unknown(window) else formatting.percent(line.waste_rate),
    )
    return "<td>" + "<td>".join(figures)


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
