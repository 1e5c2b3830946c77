"""The weekly digest says what the page says, of each workspace once, and goes where alerts go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.budget_rows import budget_row

from orchestration.alerting.channels import Mail, Webhook
from orchestration.alerting.digest import digests
from orchestration.alerting.events import Alert
from orchestration.alerting.sent import MOST_AT_ONCE, send_alerts
from orchestration.cli.main import main
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import load_report
from orchestration.publish.report.model import PeriodBefore, Report

Rows = dict[str, list[dict[str, Any]]]
NOW = datetime(2026, 4, 8, 3, tzinfo=UTC)
WEEK = PeriodBefore(date(2026, 3, 25), date(2026, 3, 31), Decimal(2100), Decimal(240))


def test_a_digest_has_balance_end_change_cost_waste_advice_and_budgets_at_risk(
    publish: Callable[[Rows], Path], rows: Rows
) -> None:
    rows["budget_status"] = [
        budget_row(budget_id="passed", scope_name="Catalogue", used_share="1.1"),
        budget_row(budget_id="calm", scope_name="Images", used_share="0.1", chance_to_exceed="0.05"),
    ]
    report = load_report(publish(rows), workspace_id=None, days=30)
    priced = replace(report.summary, cost=Decimal("28.6656"), currency="USD", unpriced_credits=Decimal(40))
    (found,) = digests([replace(report, summary=priced, before=WEEK)])
    assert found.title == "Acme Store, week to 7 Apr 2026: Empty by 12 May 2026 at the current pace"
    assert found.text.startswith("2,660 credits left on 7 Apr 2026; 78 a day over the last 7 days.\n\n")
    for sentence in (
        "2,340 credits; +11.4% against the period before, which used 2,100.\nThey cost 28.67 USD.\n"
        "No price is known for 40 of the credits used; they are in no cost.",
        "180 credits were wasted, 7.7% of those used.\nMost on regenerations (3+ attempts): 180 credits.",
        "The one thing to change\nImprove rulesets to reduce rework (115 to 145 credits a month,",
        "Budgets at risk\nCatalogue: ",
    ):
        assert sentence in found.text
    assert "Images" not in found.text


def test_a_digest_leaves_out_what_there_is_not(example: Report) -> None:
    bare = replace(example, waste=(), suggestions=(), budgets=(), before=None)
    (found,) = digests([bare])
    assert "Used in 30 days\n2,340 credits." in found.text
    assert all(word not in found.text for word in ("Most on", "one thing", "Budgets", "cost"))


def test_a_stale_version_is_named_as_such(example: Report) -> None:
    (found,) = digests([example], stale="Published 3 days ago.")
    assert found.text.endswith("\n\nPublished 3 days ago.") and "3 days ago" in found.html


def test_a_name_is_text_in_the_page_and_one_line_in_the_title(example: Report) -> None:
    named = replace(example.summary, workspace_name="<b>Acme</b>\nBcc: all@example.com")
    (found,) = digests([replace(example, summary=named)])
    assert "\n" not in found.title
    assert "<b>Acme" not in found.html and "&lt;b&gt;Acme" in found.html


def test_the_thai_digest_has_the_same_figures(example: Report) -> None:
    with using_language("th"):
        (thai,) = digests([example])
    assert "สิ่งหนึ่งที่ควรปรับ" in thai.text and '<html lang="th">' in thai.html
    assert all(figure in thai.text for figure in ("2,340", "2,660", "180", "7.7%"))


def test_what_may_be_empty_first_comes_first(example: Report) -> None:
    assert example.forecast is not None
    later = replace(example.forecast, pace_date=date(2026, 9, 1))
    order = digests(
        [
            replace(example, summary=replace(example.summary, workspace_id="none"), forecast=None),
            replace(example, summary=replace(example.summary, workspace_id="later"), forecast=later),
            replace(example, summary=replace(example.summary, workspace_id="soon")),
        ]
    )
    assert [found.key.split("/")[1] for found in order] == ["soon", "later", "none"]


def test_the_mail_has_text_and_page_and_the_rest_of_many_is_listed(
    example: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        replace(example, summary=replace(example.summary, workspace_id=f"w{number:02}"))
        for number in range(MOST_AT_ONCE + 5)
    ]
    sent: list[Alert] = []
    mail = Mail("smtp://localhost", "credits@localhost", ("a@example.com",))
    monkeypatch.setattr(Mail, "send", lambda self, alert: sent.append(alert))
    for _ in range(2):  # once in 24 hours
        send_alerts(
            digests(many), [mail], folder=tmp_path, now=NOW, echo=lambda _: None, listed_by="credits digest"
        )
    assert len(sent) == MOST_AT_ONCE and sent[0].html.startswith("<!doctype html>")
    assert sent[-1].text.endswith("`credits digest --dry-run` lists all of them.")


def test_a_dry_run_prints_the_digest_of_the_chosen_workspace_and_sends_nothing(
    publish: Callable[[Rows], Path], rows: Rows
) -> None:
    week = [{**row, "period": "7d"} for row in rows["credit_summary"]]
    second = {"workspace_id": "w2", "workspace_name": "Beta"}
    both = [*rows["credit_summary"], *week]
    rows["credit_summary"] = [*both, *({**row, **second} for row in both)]
    data_dir = publish(rows).parent

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["digest", "--data-dir", str(data_dir), *words])
        return done.exit_code, done.output

    status, shown = run("--dry-run")
    assert status == 0 and "Acme Store, week to" in shown and "Beta, week to" in shown
    assert "Beta" not in run("--dry-run", "--workspace", "w1")[1]
    assert "<html" in run("--dry-run", "--workspace", "w1", "--format", "html")[1]
    assert run("--dry-run", "--workspace", "w9")[0] == 2
    assert run() == (
        2,
        "credits: No alert channel is configured; set CREDITS_ALERT_WEBHOOK or CREDITS_ALERT_EMAIL_TO.\n",
    )
    assert not (data_dir / "alerts").exists()


def test_the_command_sends_each_digest_once_by_the_channels_of_alerts(
    publish: Callable[[Rows], Path], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows["credit_summary"] += [{**row, "period": "7d"} for row in rows["credit_summary"]]
    words = ["digest", "--data-dir", str(publish(rows).parent)]
    sent: list[Alert] = []
    monkeypatch.setattr(Webhook, "send", lambda self, alert: sent.append(alert))
    for _ in range(2):
        environment = {"CREDITS_ALERT_WEBHOOK": "http://127.0.0.1:1/", "CREDITS_LANG": "th"}
        done = CliRunner().invoke(main, words, env=environment)
        assert done.exit_code == 0, done.output
    assert [alert.key for alert in sent] == ["digest/w1/2026-04-07"]
    assert "ใช้ไปใน" in sent[0].text
