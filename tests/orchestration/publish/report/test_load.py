"""Reports read from a published version: what may be requested, and that values stay exact."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.report.load import ReportError, load_report, load_reports
from orchestration.publish.report.model import Report
from orchestration.publish.report.sentences import period_title

Rows = dict[str, list[dict[str, Any]]]
Publish = Callable[[Rows], Path]


def with_workspaces(rows: Rows, ids: list[str]) -> Rows:
    return {**rows, "credit_summary": [{**rows["credit_summary"][0], "workspace_id": id} for id in ids]}


def test_credits_are_read_as_the_decimals_that_were_written(publish: Publish, rows: Rows) -> None:
    exact = Decimal("12345678901234567890.123457")
    rows["usage_by_member"][0]["credits"] = exact
    assert load_report(publish(rows), workspace_id="w1", days=30).members[0].credits == exact


def test_breakdowns_come_most_credits_first(example: Report) -> None:
    assert [line.name for line in example.members] == ["Sarah", "Mike", "Lisa", "Tom", "Anna"]
    assert [line.id for line in example.generation_types] == ["description", "meta", "bullets", "keywords"]
    assert [line.name for line in example.categories] == ["Shoes", "Bags", "Jackets", "Accessories"]


def test_the_forecast_is_that_of_the_day_of_the_report(example: Report) -> None:
    assert example.forecast is not None
    assert example.forecast.pace_date == date(2026, 5, 12)


def test_suggestions_are_those_of_the_day_of_the_report_by_rank(publish: Publish, rows: Rows) -> None:
    first = rows["waste_suggestions"][0]
    rows["waste_suggestions"] = [
        {**first, "suggestion_rank": 10, "segment_id": "third"},
        {**first, "suggestion_rank": 2, "segment_id": "a second", "saving_days": None},
        first,
        {**first, "suggestion_rank": 3, "segment_id": "of another", "workspace_id": "w2"},
        {**first, "suggestion_rank": 4, "segment_id": "of the day before", "as_of": date(2026, 4, 6)},
    ]
    found = load_report(publish(rows), workspace_id="w1", days=30).suggestions
    assert [(suggestion.suggestion_rank, suggestion.segment_id) for suggestion in found] == [
        (1, "rs1 / description"),
        (2, "a second"),
        (10, "third"),
    ]
    assert found[0].potential_saving_credits_mid == Decimal("136.415192")
    assert (found[0].saving_days, found[1].saving_days) == (Decimal("2.1"), None)


def test_a_window_has_its_own_days_of_use_and_no_others(publish: Publish, rows: Rows) -> None:
    month = rows["credit_summary"][0]
    rows["credit_summary"].append({**month, "period": "7d", "window_start_date": date(2026, 4, 1)})
    used = [("2026-03-08", "w1"), ("2026-03-09", "w1"), ("2026-03-31", "w1"), ("2026-04-01", "w1")]
    used += [("2026-04-01", "w1"), ("2026-04-07", "w1"), ("2026-04-08", "w1"), ("2026-04-02", "w2")]
    rows["usage_daily"] = [
        {"workspace_id": id, "usage_date": date.fromisoformat(day), "credits": Decimal(5)} for day, id in used
    ]
    report = load_report(publish(rows), workspace_id="w1", days=30, for_pages=True)
    days = {
        window.period: [(f"{day.usage_date:%m-%d}", day.credits) for day in window.daily]
        for window in report.windows
    }
    assert days["7d"] == [("04-01", 10), ("04-07", 5)]
    assert days["30d"] == [("03-09", 5), ("03-31", 5), *days["7d"]]


def test_every_period_of_a_workspace_has_the_same_suggestions(publish: Publish, rows: Rows) -> None:
    rows["credit_summary"].append({**rows["credit_summary"][0], "period": "7d"})
    published = publish(rows)
    month, week = (load_report(published, workspace_id="w1", days=days) for days in (30, 7))
    assert len(month.suggestions) == 1
    assert week.suggestions == month.suggestions


def test_expected_waste_of_pending_credits_may_be_unknown(publish: Publish, rows: Rows) -> None:
    expected = {"": "40.5", "_low": "30", "_high": "55.000001"}
    values = {f"expected_pending_waste_credits{end}": value for end, value in expected.items()}
    without = {**rows["credit_summary"][0], "workspace_id": "w2"}
    rows["credit_summary"] = [{**rows["credit_summary"][0], **values}, without]
    known, unknown = (report.summary for report in load_reports(publish(rows), days=30))
    assert known.expected_pending_waste_credits == Decimal("40.5")
    assert known.expected_pending_waste_credits_low == 30
    assert known.expected_pending_waste_credits_high == Decimal("55.000001")
    assert unknown.expected_pending_waste_credits is None


def test_only_checks_of_the_newest_run_are_read_failed_ones_first(example: Report) -> None:
    assert [(check.check_name, check.passed) for check in example.checks] == [
        ("nothing_is_late", False),
        ("rows_add_up", True),
    ]


def test_reports_of_many_workspaces_do_not_mix(publish: Publish, rows: Rows) -> None:
    mike = {**rows["usage_by_member"][1], "workspace_id": "w2"}
    rows["usage_by_member"].append(mike)
    reports = list(load_reports(publish(with_workspaces(rows, ["w2", "w1"])), days=30))
    assert [report.summary.workspace_id for report in reports] == ["w1", "w2"]
    assert [len(report.members) for report in reports] == [5, 1]
    assert [report.forecast is None for report in reports] == [False, True]


def test_a_report_needs_no_workspace_id_if_there_is_only_one(publish: Publish, rows: Rows) -> None:
    assert load_report(publish(rows), workspace_id=None, days=30).summary.workspace_id == "w1"


def test_without_a_workspace_id_up_to_twenty_are_listed(publish: Publish, rows: Rows) -> None:
    ids = [f"w{number:02}" for number in range(23)]
    with pytest.raises(ReportError) as raised:
        load_report(publish(with_workspaces(rows, ids)), workspace_id=None, days=30)
    message = str(raised.value)
    assert message.startswith("a report covers one workspace; 23 are published and none was named.")
    assert message.endswith("Use `--workspace` with one of: " + ", ".join(ids[:20]) + " and 3 more.")


def test_an_unknown_workspace_is_refused_with_a_list_of_the_known_ones(publish: Publish, rows: Rows) -> None:
    with pytest.raises(ReportError, match=r"'w9\[2J' is none\. Use `--workspace` with one of: w1\."):
        load_report(publish(rows), workspace_id="w9\x1b[2J", days=30)


@pytest.mark.parametrize("days", [0, 14, 365])
def test_only_published_periods_can_be_reported(tmp_path: Path, days: int) -> None:
    with pytest.raises(ReportError, match=rf"7, 30 or 90 days; {days} days .*sum any other period"):
        load_report(tmp_path, workspace_id="w1", days=days)


def test_before_anything_is_published_the_error_names_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"published holds none\. Run `credits run` first"):
        load_report(tmp_path / "published", workspace_id=None, days=30)


def test_a_report_without_any_workspace_is_refused(publish: Publish, rows: Rows) -> None:
    with pytest.raises(ReportError, match="0 are published"):
        load_report(publish({**rows, "credit_summary": []}), workspace_id=None, days=30)


def total(day: date, last_day: date, theirs: str, ours: str, **changes: Any) -> dict[str, Any]:
    """A row of reconciliation, of all workspaces and models."""
    return {
        **{"source": "gateway", "workspace_id": "(all)", "model": "(all)", "unit": "amount"},
        **{"currency": "USD", "day": day, "last_day": last_day, "theirs": theirs, "ours": ours},
        **{"is_complete": True, **changes},
    }


def test_of_the_totals_of_a_source_the_newest_month_that_has_ended_is_reported(
    publish: Publish, rows: Rows
) -> None:
    february = [date(2026, 2, day) for day in (27, 28)]
    rows["reconciliation"] = [
        total(date(2026, 1, 1), date(2026, 1, 31), "9", "9"),
        *(total(day, day, "1.5", "1.25") for day in february),
        *(total(day, day, "1.5", "1.25", model="m") for day in february),
        total(date(2026, 3, 1), date(2026, 3, 1), "7", "7"),
        total(date(2026, 3, 31), date(2026, 3, 31), "7", "0", is_complete=False),
        total(date(2026, 3, 1), date(2026, 3, 1), "40", "41", unit="credits", currency="(none)"),
    ]
    money, credits = load_report(publish(rows), workspace_id="w1", days=30).reconciliation
    assert (money.first_day, money.last_day) == (february[0], february[1])
    assert (money.theirs, money.ours) == (Decimal("3.0"), Decimal("2.5"))
    assert (credits.unit, credits.first_day, credits.ours) == ("credits", date(2026, 3, 1), 41)


def test_a_month_that_a_source_states_whole_counts_before_its_days_and_its_models(
    publish: Publish, rows: Rows
) -> None:
    first, last = date(2026, 2, 1), date(2026, 2, 28)
    rows["reconciliation"] = [
        total(first, last, "30", "30"),
        total(last, last, "1", "1"),
        total(first, last, "29", "29", model="m"),
    ]
    (found,) = load_report(publish(rows), workspace_id="w1", days=30).reconciliation
    assert (found.first_day, found.theirs) == (first, 30)


def test_totals_over_all_workspaces_are_shown_to_none_of_several(publish: Publish, rows: Rows) -> None:
    day = date(2026, 3, 1)
    rows["reconciliation"] = [total(day, day, "5", "5"), total(day, day, "2", "2", workspace_id="w2")]
    published = publish(rows)
    assert [found.theirs for found in load_report(published, workspace_id="w1", days=30).reconciliation] == [
        5
    ]
    (alone,) = load_reports(published, days=30, is_alone=True)
    assert alone.reconciliation == ()
    several = publish(with_workspaces(rows, ["w1", "w2"]))
    assert load_report(several, workspace_id="w1", days=30).reconciliation == ()
    (own,) = load_report(several, workspace_id="w2", days=30).reconciliation
    assert own.theirs == 2


def test_a_calendar_period_has_its_own_window_and_only_a_published_one_is_read(
    publish: Publish, rows: Rows
) -> None:
    (month,) = rows["credit_summary"]
    march: dict[str, Any] = {
        "period": "last_month",
        "window_start_date": date(2026, 3, 1),
        "cost": Decimal("9.45"),
    }
    march |= {"window_end_date": date(2026, 3, 31), "currency": "USD"}
    published = publish({**rows, "credit_summary": [month, month | march]})
    report = load_report(published, workspace_id="w1", days=30, period="last_month")
    assert (report.days, report.summary.cost, period_title(report)) == (31, Decimal("9.45"), "Mar 2026")
    with pytest.raises(ReportError, match="no billing_period: no plan renews its credits"):
        load_report(published, workspace_id="w1", days=30, period="billing_period")
