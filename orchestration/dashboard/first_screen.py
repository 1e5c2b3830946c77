"""The first screen: when the credits run out, what was used and wasted at what cost, what to change.

Not here: the bars beneath (bars.py), or the sentences (publish/report/).
"""

from __future__ import annotations

import duckdb
import streamlit as st

from orchestration.dashboard.figures.periods import Compared, compared
from orchestration.dashboard.figures.queries import Figures
from orchestration.dashboard.sidebar import Choice
from orchestration.dashboard.text import change_text, escaped
from orchestration.publish.report import formatting, sentences, suggestions
from orchestration.publish.report.headline import deciding_charge_text
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import LAST_MONTH, MONTH_TO_DATE, Report
from orchestration.publish.report.page import headline_notes, report_headline, workspace_label


def show_headline(report: Report) -> None:
    """Workspace and day of the data, when the credits run out, and what follows from it."""
    day = _("data to {day}", day=formatting.day_month_year(report.summary.as_of))
    parts = [workspace_label(report), f"{day}, {report.summary.timezone}"]
    if report.published_at:
        parts.append(_("published {at}", at=formatting.instant(report.published_at)))
    st.caption(escaped(" · ".join(parts)))
    charge = deciding_charge_text(report.forecast, write_date=formatting.day_month_year)
    if charge:
        st.warning(escaped(f"{charge}."))
    st.title(escaped(report_headline(report)), anchor=False)
    st.markdown(escaped(" ".join(headline_notes(report))))


def show_figures(now: Compared, report: Report, *, burn_days: int) -> None:
    """What was used and wasted, what it cost, and the change against the period before.

    Args:
        burn_days: days of the period from the first usage on.
    """
    figures, days = now.figures, (now.period.last - now.period.first).days + 1
    is_unknown = sentences.is_waste_unknown(report)
    cost, wasted_cost = (
        escaped(sentences.cost_text(amount, figures.currency) or "")
        for amount in (figures.cost, figures.wasted_cost)
    )
    rate = formatting.percent(figures.waste_rate)
    wasted = "–" if is_unknown else formatting.credits(figures.wasted_credits)
    share = ", ".join(part for part in (rate, wasted_cost) if part)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        _metric(_("Used in {days} days", days=days), formatting.credits(figures.credits), _before(now))
        _metric(_("Cost"), cost or "–", _unpriced(figures))
        _metric(_("Wasted"), wasted, None if is_unknown else share)
        _metric(_("Burn per day"), formatting.credits(figures.credits / burn_days), _generations(now))
        _metric(_("Regenerated"), formatting.percent(figures.regeneration_rate) or "–", None)


def show_months(connection: duckdb.DuckDBPyConnection, choice: Choice) -> None:
    """This month so far against as many days of the last one, and all of the last one."""
    month, last = choice.periods.get(MONTH_TO_DATE), choice.periods.get(LAST_MONTH)
    if month is None or last is None:
        return
    so_far = compared(connection, choice.selection, month, as_of=choice.as_of)
    whole = compared(connection, choice.selection, last, as_of=choice.as_of)
    st.markdown(
        escaped(
            _(
                "Compared with last month: {credits} credits so far in {month}{change}; {before} in all of "
                "{last_month}.",
                credits=formatting.credits(so_far.figures.credits),
                month=formatting.month_year(month.first),
                change=_since_last_month(so_far),
                before=formatting.credits(whole.figures.credits),
                last_month=formatting.month_year(last.first),
            )
        )
    )


def show_advice(report: Report) -> None:
    """The one thing to change, with what it saves."""
    advice = suggestions.advice_text(report)
    if advice is None:
        return
    if not report.suggestions:
        words = _("Suggestion:")
        st.info(escaped(f"{words} {advice}."))
        return
    first = report.suggestions[0]
    effect = suggestions.what_if_text(first, report.forecast, write_date=formatting.day_month_year)
    saving = "; ".join(filter(None, (suggestions.saving_text(first), effect)))
    words, could_save = _("What to change"), _("It could save {saving}.", saving=saving)
    st.info(
        f"**{escaped(words)}**: " + escaped(f"{advice} ({formatting.plain(first.segment_id)}). {could_save}")
    )


def _metric(label: str, value: str, beneath: str | None) -> None:
    # grey and without an arrow: less use is neither good nor bad
    st.metric(label, value, beneath or None, delta_color="off", delta_arrow="off", width="content")


def _before(now: Compared) -> str | None:
    change = change_text(now.figures.credits, now.credits_before)
    if change is None:
        return None
    if not now.credits_before:
        return _("nothing used before")
    return _("{change} ({before} before)", change=change, before=formatting.credits(now.credits_before))


def _unpriced(figures: Figures) -> str | None:
    """The credits that no price is known for, where there are any."""
    if not figures.unpriced_credits:
        return None
    return _("no price for {credits}", credits=formatting.credits(figures.unpriced_credits))


def _since_last_month(so_far: Compared) -> str:
    change = change_text(so_far.figures.credits, so_far.credits_before)
    if change is None:
        return ""
    if not so_far.credits_before:
        return _(", nothing on the same days before")
    return _(", {change} against the same days before", change=change)


def _generations(now: Compared) -> str:
    return _("{count} generations", count=formatting.count(now.figures.generation_count))
