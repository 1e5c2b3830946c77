"""The report as plain text for a terminal, in the layout of the user's example.

Not here: reading it (load.py), the sentences shared with the page (sentences.py), rounding (formatting.py).
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import zip_longest

from orchestration.publish.report.breakdown import DisplayedLine, displayed_lines, most_efficient, named_types
from orchestration.publish.report.budgets import budget_texts
from orchestration.publish.report.formatting import (
    count,
    credits,
    credits_adding_up,
    credits_each,
    day_month_year,
    fit_to_width,
    month_day,
    percent,
    plain,
    width_of,
)
from orchestration.publish.report.headline import (
    deciding_charge_text,
    headline,
    no_use_since,
    pace_text,
    range_text,
    renewal_text,
    too_early,
)
from orchestration.publish.report.i18n import gettext as _
from orchestration.publish.report.model import Forecast, Report, UsageLine
from orchestration.publish.report.sentences import (
    accuracy_text,
    buying_text,
    capped_text,
    change_text,
    costly_waste,
    describe_waste_reason,
    ended,
    is_waste_unknown,
    pending_text,
    period_title,
    reconciliation_text,
    untracked_text,
    used_beyond_allowance,
)
from orchestration.publish.report.suggestions import advice_text, suggestion_text

GAP = " " * 5
WIDEST_NAME = 28
NARROWEST_NAME = 6
MARK = "  *"
SUGGESTIONS_SHOWN = 5


def render_text(report: Report) -> str:
    """Render the report as lines of text, without a line end after the last."""
    lines = [*_head(report), "", *_breakdowns(report), "", *_waste(report)]
    if report.budgets:
        lines += ["", _("Budgets"), *budget_texts(report.budgets)]
    accuracy = accuracy_text(report)
    if accuracy:
        lines += ["", _("How good is this forecast"), *accuracy]
    if report.reconciliation:
        write_date = partial(month_day, near=report.summary.as_of)
        totals = [reconciliation_text(total, write_date=write_date) for total in report.reconciliation]
        lines += ["", _("By the sources' own count"), *totals]
    return "\n".join(line.rstrip() for line in lines)


def _head(report: Report) -> list[str]:
    summary, forecast = report.summary, report.forecast
    write_date = partial(month_day, near=summary.as_of)
    name = plain(summary.workspace_name, otherwise=plain(summary.workspace_id))
    used = credits(summary.credits_used)
    beyond = used_beyond_allowance(report)
    if beyond and summary.credits_remaining is not None:
        left = credits(summary.credits_remaining)
        used = _(
            "{used} in {days} days; {beyond}, {left} left",
            used=used,
            days=report.days,
            beyond=beyond,
            left=left,
        )
    elif summary.allowance is not None:
        used = _("{used} of {allowance}", used=used, allowance=credits(summary.allowance))
    early = too_early(forecast)
    when = headline(forecast, write_date=write_date, last_usage_date=summary.last_usage_date)
    figures = [
        _("Total Credits Used: {used}", used=used),
        _("Burn rate: {credits}/day", credits=credits(summary.burn_rate) if summary.burn_rate else 0),
        _("Forecast: {when}", when=when) + (f" ({early})" if early else ""),
    ]
    known_to = _("data to {day}", day=day_month_year(summary.as_of))
    lines = [
        _("Credit Usage Analytics - {period}", period=period_title(report)),
        f"{name}, {known_to}, {plain(summary.timezone)}",
        *_lead(forecast, as_of=summary.as_of),
        GAP.join(figures),
    ]
    if forecast:
        lines += _notes(forecast, as_of=summary.as_of)
    if summary.overage:
        overage = credits(summary.overage)
        lines.append(_("Overage: {credits} of these credits were covered by no lot", credits=overage))
    return lines


def _lead(forecast: Forecast | None, *, as_of: date) -> list[str]:
    """What comes before the figures: the charge that decides them, if one does."""
    sentence = deciding_charge_text(forecast, write_date=partial(month_day, near=as_of))
    return [ended(sentence)] if sentence else []


def _notes(forecast: Forecast, *, as_of: date) -> list[str]:
    write_date = partial(month_day, near=as_of)
    notes = []
    if forecast.pace_date and forecast.burn_rate_7d and forecast.credits_remaining is not None:
        notes.append(
            _(
                "At current pace, as of {as_of}: credits last until {day} ({left} left, {pace}/day over "
                "{days} days)",
                as_of=day_month_year(as_of),
                day=write_date(forecast.pace_date),
                left=credits(forecast.credits_remaining),
                pace=credits(forecast.burn_rate_7d),
                days=forecast.burn_rate_7d_days,
            )
        )
    for sentence in (
        None if forecast.pace_date else pace_text(forecast, write_date=write_date),
        range_text(forecast, write_date=write_date),
        buying_text(forecast, write_date=write_date, as_of=as_of),
        renewal_text(forecast, write_date=write_date),
        change_text(forecast),
        capped_text(forecast),
    ):
        if sentence:
            notes.append(sentence[0].upper() + sentence[1:])
    return notes


def _breakdowns(report: Report) -> list[str]:
    if not report.members:
        write_date = partial(month_day, near=report.summary.as_of)
        since = no_use_since(report.summary.last_usage_date, write_date=write_date)
        return [since or _("No use in the last {days} days", days=report.days)]
    members, marked = displayed_lines(report.members), most_efficient(report.members)
    left = [_("By team member"), *_rows_per_product(members, report)]
    right = [_("By generation type"), *_rows(displayed_lines(named_types(report.generation_types)), report)]
    if marked:
        # level with the fifth member of the user's example
        right.append("* " + _("most efficient"))
    width = width_of(left)
    columns = [
        fit_to_width(first, width=width) + GAP + second
        for first, second in zip_longest(left, right, fillvalue="")
    ]
    return [*columns, "", _("By category"), *_rows_per_product(displayed_lines(report.categories), report)]


def _rows(lines: Sequence[DisplayedLine], report: Report, *, unit: str = "") -> list[str]:
    amounts = [line.written for line in lines]
    shares = ["" if line.percent is None else f"({line.percent}%)" for line in lines]
    names = width_of([line.label for line in lines], at_most=WIDEST_NAME)
    amount_width, share_width = width_of(amounts), width_of(shares)
    labels = [_fitted(line.label, line.usage, width=names) for line in lines]
    return [
        f"{label}  {amount:>{amount_width}}{unit} {share:>{share_width}}"
        for label, amount, share in zip(labels, amounts, shares, strict=True)
    ]


def _fitted(label: str, usage: UsageLine | None, *, width: int) -> str:
    """A label padded or cut; an id that tells it from others of its name is kept."""
    end = f" ({plain(usage.id)})" if usage else ""
    room = width - width_of([end])
    if not end or not label.endswith(end) or room < NARROWEST_NAME:
        return fit_to_width(label, width=width)
    return fit_to_width(fit_to_width(label.removesuffix(end), width=room).rstrip() + end, width=width)


def _rows_per_product(lines: Sequence[DisplayedLine], report: Report) -> list[str]:
    overall = report.summary.credits_per_product
    each = [
        credits_each(line.usage.credits_per_product if line.usage else None, like=overall) for line in lines
    ]
    width = width_of(each)
    rows = []
    for line, row, amount in zip(lines, _rows(lines, report, unit=" " + _("credits")), each, strict=True):
        each_product = _("{credits} credits/product", credits=f"{amount:>{width}}")
        per_product = f"   {each_product}" if amount else ""
        rows.append(row + per_product + (MARK if line.usage and line.usage.is_most_efficient else ""))
    return rows


def _waste(report: Report) -> list[str]:
    pending, advice, untracked = pending_text(report), advice_text(report), untracked_text(report)
    lines = _detected(report)
    if untracked:
        lines.append(untracked)
    if advice:
        lines.append(_("Suggestion: {advice}", advice=plain(advice)))
    lines += [f"  {suggestion_text(suggestion)}" for suggestion in report.suggestions[:SUGGESTIONS_SHOWN]]
    if len(report.suggestions) > SUGGESTIONS_SHOWN:
        more = count(len(report.suggestions) - SUGGESTIONS_SHOWN)
        lines.append("  " + _("and {count} more", count=more))
    if pending:
        lines.append(pending)
    return lines


def _detected(report: Report) -> list[str]:
    costly = costly_waste(report)
    if not costly:
        is_unknown = is_waste_unknown(report)
        return [_("Waste detected: unknown") if is_unknown else _("Waste detected: none")]
    total = credits(report.summary.wasted_credits)
    names = [describe_waste_reason(line.waste_reason).name for line in costly]
    if len(costly) == 1:
        return [_("Waste detected: {credits} credits on {reason}", credits=total, reason=plain(names[0]))]
    amounts = credits_adding_up([line.wasted_credits for line in costly])
    width = width_of(amounts)
    return [
        _(
            "Waste detected: {credits} credits ({rate})",
            credits=total,
            rate=percent(report.summary.waste_rate),
        ),
        *(
            "  " + _("{credits} credits on {reason}", credits=f"{amount:>{width}}", reason=plain(name))
            for amount, name in zip(amounts, names, strict=True)
        ),
    ]
