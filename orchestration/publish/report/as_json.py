"""The report as JSON for programs: everything the text shows, with exact values next to the displayed ones.

Not here: exports of marts (rows/); any figure that the report does not hold (model.py).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from orchestration.publish.report.breakdown import DisplayedLine, displayed_lines, named_types
from orchestration.publish.report.budgets import budget_labels, budget_text
from orchestration.publish.report.formatting import exact, month_day
from orchestration.publish.report.headline import deciding_charge_text, headline, too_early
from orchestration.publish.report.model import Report, Suggestion, UsageLine
from orchestration.publish.report.sentences import (
    costly_waste,
    describe_waste_reason,
    period_title,
    shown_accuracy,
    untracked_text,
)
from orchestration.publish.report.suggestions import advice, suggestion_text


def render_json(report: Report) -> str:
    """Render the report as one JSON object, ASCII only.

    Credits, rates and scores are strings with all their digits; rates are fractions of 1; days are ISO dates;
    undefined values are null. Keys are stable, in this order.

    - `title`, `period` (`name`, `days`, `from`, `to`): the window, both ends included.
    - `published_at`: the instant at which this version was published; null if unknown.
    - `summary`: the columns of the mart `credit_summary`; `cost` in `currency`, of which `wasted_cost` was
      wasted, is null where no price is known, or where there are several currencies.
    - `forecast`: `deciding_charge`, a sentence about the one charge that decides the rest, or null; the
      columns of `depletion_forecast` for `summary.as_of`; `displayed` (as in the text, "Empty by May 12");
      `note` (why there is no range yet); or null.
    - `members`, `generation_types`, `categories`: `lines`, all of them, most credits first, with the columns
      of their marts (`id`, `name` for the first), `displayed_credits` and `displayed_percent` (a whole
      number), both null if the line is displayed among the others; `others` (`count`, `credits`, the
      displayed values) or null. Displayed values add up, to `summary.credits_used` and to 100.
    - `waste`: `credits`, `rate`, `unknown` (a sentence about credits nothing is known of, or null), `reasons`
      (the columns of `waste_by_reason` and `name`; those that cost credits, most first); `pending`: `credits`
      and how many of them are expected to end as waste, with an 80 % range (null while unknown);
      `suggestion`, what to change in a sentence, or null; `suggestions`, all of them, the largest potential
      saving first, columns of `waste_suggestions`: their evidence covers the days `evidence_from` to
      `evidence_to`, for every period; their savings overlap and do not add up.
    - `accuracy`: columns of `forecast_accuracy` over all horizons, of published forecasts and of past days
      replayed; empty without a forecast, and where fewer than 10 were scored.
    - `budgets`: their open periods, columns of `budget_status`, `label` (what it is for) and `displayed`.
    - `before`: credits of the period before and the change, columns of `period_changes`; null if unknown.
    - `reconciliation`: totals that sources state themselves, next to ours: the newest month of each.
    - `checks`: of the newest run: `passed`, `failed` (counts), `failures` (what failed).
    """
    return json.dumps(_report(report), indent=2, default=_scalar)


def _report(report: Report) -> dict[str, Any]:
    summary = report.summary
    failures = [asdict(check) for check in report.checks if not check.passed]
    return {
        "title": f"Credit Usage Analytics - {period_title(report)}",
        "period": {
            "name": report.period,
            "days": report.days,
            "from": summary.window_start_date,
            "to": summary.window_end_date or summary.as_of,
        },
        "published_at": report.published_at,
        "summary": asdict(summary),
        "forecast": _forecast(report),
        "members": _breakdown(report.members),
        "generation_types": _breakdown(named_types(report.generation_types)),
        "categories": _breakdown(report.categories),
        "waste": {
            "credits": summary.wasted_credits,
            "rate": summary.waste_rate,
            "unknown": untracked_text(report),
            "reasons": [
                {"name": describe_waste_reason(line.waste_reason).name, **asdict(line)}
                for line in costly_waste(report)
            ],
            "pending": {
                "credits": summary.pending_credits,
                "expected_waste_credits": summary.expected_pending_waste_credits,
                "expected_waste_credits_low": summary.expected_pending_waste_credits_low,
                "expected_waste_credits_high": summary.expected_pending_waste_credits_high,
            },
            "suggestion": advice(report),
            "suggestions": [_suggestion(suggestion) for suggestion in report.suggestions],
        },
        "accuracy": [asdict(accuracy) for accuracy in shown_accuracy(report)],
        "budgets": [
            {**asdict(budget), "label": label, "displayed": budget_text(budget)}
            for budget, label in zip(report.budgets, budget_labels(report.budgets), strict=True)
        ],
        "before": report.before and asdict(report.before),
        "reconciliation": [asdict(total) for total in report.reconciliation],
        "checks": {
            "passed": len(report.checks) - len(failures),
            "failed": len(failures),
            "failures": failures,
        },
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    columns = {name: value for name, value in asdict(suggestion).items() if name != "suggestion_parts"}
    return columns | {"suggestion": suggestion_text(suggestion)}


def _forecast(report: Report) -> dict[str, Any] | None:
    if report.forecast is None:
        return None
    write_date = partial(month_day, near=report.summary.as_of)
    displayed = headline(
        report.forecast, write_date=write_date, last_usage_date=report.summary.last_usage_date
    )
    charge = deciding_charge_text(report.forecast, write_date=write_date)
    note = too_early(report.forecast)
    return {"deciding_charge": charge, **asdict(report.forecast), "displayed": displayed, "note": note}


def _breakdown(lines: Sequence[UsageLine]) -> dict[str, Any]:
    displayed = displayed_lines(lines)
    by_id = {line.usage.id: line for line in displayed if line.usage}
    others = next((line for line in displayed if line.usage is None), None)
    return {
        "lines": [{**asdict(line), **_displayed(by_id.get(line.id))} for line in lines],
        "others": others
        and {"count": len(lines) - len(by_id), "credits": others.credits, **_displayed(others)},
    }


def _displayed(line: DisplayedLine | None) -> dict[str, Any]:
    return {
        "displayed_credits": line.written if line else None,
        "displayed_percent": line.percent if line else None,
    }


def _scalar(value: object) -> str | None:
    if isinstance(value, Decimal):
        return exact(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a report holds numbers, texts and dates; {type(value).__name__} is neither")
