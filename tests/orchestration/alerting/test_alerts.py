"""Every alert is sent exactly once in 24 hours, and an error in sending affects nothing else."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from support.budget_rows import budget_row

from orchestration.alerting import channels
from orchestration.alerting.channels import Mail, NotSent, Webhook
from orchestration.alerting.events import Alert, budget_alerts, run_alerts, workspace_alerts
from orchestration.alerting.sent import MOST_AT_ONCE, send_alerts
from orchestration.defs import alerts as defs_alerts
from orchestration.settings import Settings, SettingsError
from orchestration.warehouse.journal import CheckRow

NOW = datetime(2026, 4, 8, 3, tzinfo=UTC)
AS_OF = date(2026, 4, 7)
SECRET = "SECRET"
SCHEMA = Path(__file__).parents[2] / "support" / "published_marts.sql"
ONE = Alert("ending/w1", "w1 may be empty", "soon")
TWO = Alert("check/a/b", "A check failed", "b")


class Receiver:
    """A webhook on loopback: the messages it received, and the status it answers."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.answer == 200:
                    receiver.messages.append(json.loads(body)["text"])
                self.send_response(receiver.answer)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/SECRET"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def send(*alerts: Alert, by: Any, folder: Path, after: timedelta = timedelta(0)) -> list[str]:
    lines: list[str] = []
    send_alerts(alerts, by, folder=folder, now=NOW + after, echo=lines.append)
    return lines


def test_each_alert_is_sent_once_in_24_hours_also_after_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    hook = [Webhook(receiver.url)]
    send(ONE, ONE, by=hook, folder=tmp_path)
    send(ONE, TWO, by=hook, folder=tmp_path, after=timedelta(minutes=5))
    send(ONE, TWO, by=[Webhook(receiver.url)], folder=tmp_path, after=timedelta(hours=23, minutes=59))
    assert receiver.messages == ["*w1 may be empty*\nsoon", "*A check failed*\nb"]
    send(ONE, TWO, by=hook, folder=tmp_path, after=timedelta(hours=24))
    assert receiver.messages[2:] == ["*w1 may be empty*\nsoon"]
    send(ONE, TWO, by=hook, folder=tmp_path, after=timedelta(hours=24, minutes=5))
    assert receiver.messages[3:] == ["*A check failed*\nb"]


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_a_message_that_was_not_accepted_is_sent_again_and_reported_without_the_secret(
    receiver: Receiver, tmp_path: Path, answer: int
) -> None:
    hook = [Webhook(receiver.url)]
    receiver.answer = answer
    assert send(ONE, by=hook, folder=tmp_path) == [
        f"not sent by webhook 127.0.0.1: answered {answer}; it will be sent again"
    ]
    receiver.answer = 200
    send(ONE, by=hook, folder=tmp_path, after=timedelta(minutes=5))
    assert len(receiver.messages) == 1
    assert "SECRET" not in repr(hook[0]) + (tmp_path / "sent.json").read_text()


def test_a_channel_that_is_down_does_not_block_another(receiver: Receiver, tmp_path: Path) -> None:
    dead = Webhook("http://127.0.0.1:1/")
    lines = send(ONE, by=[dead, Webhook(receiver.url)], folder=tmp_path)
    assert len(receiver.messages) == 1 and len(lines) == 2


def test_a_receiver_that_never_answers_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "WAIT_SECONDS", 0.3)
    with (
        socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent,
        pytest.raises(NotSent, match="webhook 127"),
    ):
        Webhook(f"http://127.0.0.1:{silent.server_address[1]}/").send(ONE)


def test_ten_thousand_alerts_are_twenty_messages_and_sent_once(receiver: Receiver, tmp_path: Path) -> None:
    many = [Alert(f"ending/w{n}", f"w{n} may be empty", "soon") for n in range(10_000)]
    for minutes in (0, 5):
        send(*many, by=[Webhook(receiver.url)], folder=tmp_path, after=timedelta(minutes=minutes))
    assert len(receiver.messages) == MOST_AT_ONCE
    assert receiver.messages[-1].startswith("*And 9,981 more*\nw19 may be empty\n")


def test_names_from_outside_are_no_mentions_or_links(receiver: Receiver, tmp_path: Path) -> None:
    send(Alert("k", "<!channel> & <http://x|y>", "t"), by=[Webhook(receiver.url)], folder=tmp_path)
    assert receiver.messages == ["*&lt;!channel&gt; &amp; &lt;http://x|y&gt;*\nt"]


@contextmanager
def smtp_server() -> Iterator[tuple[str, list[str]]]:
    """A server that accepts one message at a time, and the lines it received."""
    lines: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            is_data = False
            for raw in self.rfile:
                line = raw.decode().rstrip("\r\n")
                lines.append(line)
                if is_data:
                    is_data = line != "."
                    answer = b"" if is_data else b"250 taken\r\n"
                else:
                    is_data = line.upper() == "DATA"
                    answer = b"354 go on\r\n" if is_data else b"250 fine\r\n"
                self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", lines
        server.shutdown()


def test_an_alert_is_mailed_once_as_one_message(tmp_path: Path) -> None:
    with smtp_server() as (url, lines):
        mail = [Mail(url, "credits@example.org", ("a@example.org", "b@example.org"))]
        send(ONE, by=mail, folder=tmp_path)
        send(ONE, by=mail, folder=tmp_path, after=timedelta(minutes=5))
    assert lines.count("data") == 1
    assert "Subject: Credits: w1 may be empty" in lines
    assert {"rcpt TO:<a@example.org>", "rcpt TO:<b@example.org>"} <= set(lines)


def test_a_mail_with_a_page_has_its_text_as_well(tmp_path: Path) -> None:
    with smtp_server() as (url, lines):
        mail = [Mail(url, "credits@example.org", ("a@example.org",))]
        send(Alert("digest/w1", "w1: the week", "calm", "<html>quiet</html>"), by=mail, folder=tmp_path)
    found = [
        line for line in lines if line.startswith("Content-Type:") or line in ("calm", "<html>quiet</html>")
    ]
    assert [line.partition(";")[0] for line in found] == [
        *("Content-Type: multipart/alternative", "Content-Type: text/plain", "calm"),
        *("Content-Type: text/html", "<html>quiet</html>"),
    ]


def test_a_mail_server_that_is_down_is_reported_without_its_password(tmp_path: Path) -> None:
    mail = Mail(f"smtp://me:{SECRET}@127.0.0.1:1", "credits@example.org", ("a@example.org",))
    (line,) = send(ONE, by=[mail], folder=tmp_path)
    assert line == (
        "not sent by e-mail a@example.org: the server 127.0.0.1 did not accept it (ConnectionRefusedError);"
        " it will be sent again"
    )
    assert "SECRET" not in repr(mail)


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    connection.execute(
        "create table marts.usage_spikes (workspace_id varchar, usage_date date, scope varchar, credits"
        " decimal(38,6), usual decimal(38,6), cause varchar, is_muted boolean)"
    )
    return connection


def add(marts: duckdb.DuckDBPyConnection, mart: str, **row: Any) -> None:
    marks = ", ".join("?" * len(row))
    marts.execute(f"insert into marts.{mart} ({', '.join(row)}) values ({marks})", list(row.values()))


def workspace(marts: duckdb.DuckDBPyConnection, name: str, left: str | None, **forecast: Any) -> None:
    allowance = None if left is None else 1000
    of = {"workspace_id": name, "as_of": AS_OF}
    add(marts, "credit_summary", **of, period="30d", allowance=allowance, credits_remaining=left)
    add(marts, "credit_summary", **of, period="7d", allowance=allowance, credits_remaining=left)
    add(marts, "depletion_forecast", **of, **{"forecast_status": "ok", **forecast})


def test_a_workspace_is_alerted_when_it_crosses_a_mark_and_not_before(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    workspace(marts, "w849", "150.000001")
    workspace(marts, "w85", "150")
    workspace(marts, "w949", "50.000001")
    workspace(marts, "w95", "50")
    workspace(marts, "w_none", None)
    workspace(marts, "ends_14", "900", depletes_on_p5=AS_OF + timedelta(days=14))
    workspace(marts, "ends_15", "900", depletes_on_p5=AS_OF + timedelta(days=15))
    workspace(marts, "empty", "900", forecast_status="already_empty", depletes_on_p5=AS_OF)
    # yesterday's forecast causes no alert
    add(
        marts,
        "depletion_forecast",
        workspace_id="ends_15",
        as_of=AS_OF - timedelta(days=1),
        depletes_on_p5=AS_OF,
    )
    assert [alert.key for alert in workspace_alerts(marts, within_days=14)] == [
        *("empty/empty", "ending/ends_14", "used-85%/w85", "used-85%/w949", "used-95%/w95"),
    ]


def test_an_alert_says_what_the_report_says_and_which_workspace_of_one_name(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    soon = {"depletes_on_p5": AS_OF + timedelta(days=9), "depletes_on_p10": AS_OF + timedelta(days=10)}
    later = {"depletes_on_p50": date(2026, 4, 20), "depletes_on_p90": date(2026, 5, 2)}
    workspace(marts, "w1", "900", pace_date=date(2026, 4, 9), **soon, **later)
    charge = {"deciding_charge_event_id": "e9", "deciding_charge_source": "native"}
    charge |= {"deciding_charge_date": AS_OF, "deciding_charge_credits": 5000}
    state = {"status_without_charge": "ok", "credits_remaining_without_charge": 400}
    workspace(marts, "w2", "0", forecast_status="already_empty", empty_since=AS_OF, **charge, **state)
    marts.execute("update marts.credit_summary set workspace_name = 'Acme'")
    ending, empty = (
        alert for alert in workspace_alerts(marts, within_days=14) if not alert.key.startswith("used")
    )
    assert ending.title == "Acme (w1) may be empty from 16 Apr 2026"
    assert ending.text.startswith(
        "Empty around 20 Apr 2026. 1 in 20 chance that its credits end by 16 Apr 2026."
    )
    assert empty.title == "Acme (w2) has no credits left"
    assert empty.text.startswith("One charge decides this: event e9 of source native took 5,000 credits on")
    assert "Empty since 7 Apr 2026, as of 7 Apr 2026." in empty.text


def test_spikes_are_alerted_unless_muted_or_old(marts: duckdb.DuckDBPyConnection) -> None:
    workspace(marts, "w1", "900")
    for days, is_muted in ((0, False), (1, False), (2, False), (0, True)):
        day = AS_OF - timedelta(days=days)
        scope = "event" if is_muted else "day"
        values = {"credits": Decimal(90), "usual": Decimal(9), "is_muted": is_muted}
        add(marts, "usage_spikes", workspace_id="w1", usage_date=day, scope=scope, **values)
    keys = [alert.key for alert in workspace_alerts(marts, within_days=14)]
    assert keys == ["spike/w1/2026-04-06/day", "spike/w1/2026-04-07/day"]


def test_a_failed_run_a_failed_check_and_stale_data_are_alerted() -> None:
    checks = [
        CheckRow("raw", "raw.x", name, severity, passed, "", "", "found 3")
        for name, severity, passed in (
            ("a", "critical", False),
            ("b", "warning", False),
            ("c", "warning", True),
        )
    ]
    found = list(run_alerts(checks, failed_run="r1", failed_at="step marts", stale="Not up to date"))
    assert [alert.key for alert in found] == ["run/r1", "stale", "check/raw.x/a", "check/raw.x/b"]
    assert found[0].title == "The nightly run failed at step marts"
    assert list(run_alerts(checks[2:], failed_run=None, failed_at=None, stale=None)) == []


def test_an_error_in_the_sensor_is_only_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    settings = Settings(landing_dir=tmp_path, data_dir=tmp_path / "data", alert_webhook=receiver.url)
    sensor = defs_alerts.alerts_sensor(settings)
    monkeypatch.setattr(defs_alerts, "alerts_now", lambda _: [ONE])

    def evaluated() -> str:
        with dg.DagsterInstance.ephemeral() as instance:
            result = sensor(dg.build_sensor_context(instance=instance))
        assert isinstance(result, dg.SkipReason)
        return str(result.skip_message)

    assert evaluated() == evaluated() == "1 current events; 0 channels failed"
    assert len(receiver.messages) == 1

    def broken(_: Settings) -> list[Alert]:
        raise duckdb.IOException("torn")

    monkeypatch.setattr(defs_alerts, "alerts_now", broken)
    assert evaluated() == "Alerts could not be checked: IOException"
    silent = defs_alerts.alerts_sensor(Settings(landing_dir=tmp_path, data_dir=tmp_path / "data"))
    assert "No alert channel is configured" in str(silent(dg.build_sensor_context()).skip_message)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREDITS_ALERT_WEBHOOK", "hooks.SECRET"),
        ("CREDITS_ALERT_WEBHOOK", "file:///SECRET"),
        ("CREDITS_SMTP_URL", f"http://me:{SECRET}@host"),
        ("CREDITS_ALERT_EMAIL_TO", "not an address"),
        ("CREDITS_ALERT_DAYS", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} must be") as refused:
        Settings.load()
    assert "SECRET" not in str(refused.value)


def test_the_command_shows_what_it_would_send_and_sends_it_once(
    credits_with: Callable[..., Callable[..., Any]], sample_run: Any, receiver: Receiver, tmp_path: Path
) -> None:
    credits = credits_with(CREDITS_ALERT_WEBHOOK=receiver.url, CREDITS_ALERT_DAYS="60")
    # the sample ends in May, 1 in 20 of its futures before
    shown = credits("alerts", "--dry-run", "--data-dir", str(sample_run.data_dir))
    assert shown.returncode == 0, shown.stderr
    assert "Acme Store may be empty from" in shown.stdout and "SECRET" not in shown.stdout
    assert receiver.messages == []
    for _ in range(2):
        assert credits("alerts", "--data-dir", str(sample_run.data_dir)).returncode == 0
    assert len([text for text in receiver.messages if "may be empty" in text]) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("@all", "<!channel>", "<@U1>", "[log in](https://evil.test)", "![x](https://evil.test/p.png)"),
        *(
            "https://evil.test",
            "www.evil.test",
            "<https://evil.test|us>",
            "a@evil.test",
            "[x]: http://evil.test",
        ),
    ],
)
def test_a_name_is_no_mention_link_or_picture_in_any_channel(
    name: str, receiver: Receiver, tmp_path: Path
) -> None:
    send(Alert("k", f"{name} is empty", f"see {name}"), by=[Webhook(receiver.url)], folder=tmp_path)
    (message,) = receiver.messages
    assert not any(mark in message for mark in ("<", "@a", "@e", "@U", "](", "]:", "![", "://evil", "www."))
    assert message.replace("\u200b", "").count(name.replace("<", "&lt;").replace(">", "&gt;")) == 2


@pytest.fixture
def budgets() -> Iterator[Callable[..., list[Alert]]]:
    """Alerts of a published version with these rows of budget_status."""
    with duckdb.connect() as connection:
        connection.execute(SCHEMA.read_text())

        def found(*rows: dict[str, Any]) -> list[Alert]:
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"insert into marts.budget_status ({', '.join(row)}) values ({marks})", [*row.values()]
                )
            return list(budget_alerts(connection, {"w1": "Acme"}))

        yield found


@pytest.mark.parametrize(
    ("changes", "key", "title"),
    [
        ({"chance_to_exceed": "0.5"}, "budget-likely", "Acme, budget Catalogue: 50 % likely to be passed"),
        (
            {"used_share": "0.85", "chance_to_exceed": "0.1"},
            "budget-used-85%",
            "Acme, budget Catalogue: 85.0% used",
        ),
        (
            {"used_share": "0.95", "chance_to_exceed": "0.1"},
            "budget-used-95%",
            "Acme, budget Catalogue: 95.0% used",
        ),
        (
            {"used_share": "1.2", "chance_to_exceed": 1},
            "budget-used-95%",
            "Acme, budget Catalogue: 120.0% used",
        ),
    ],
)
def test_a_budget_is_alerted_once_nearly_used_or_likely_to_be_passed(
    budgets: Callable[..., list[Alert]], changes: dict[str, Any], key: str, title: str
) -> None:
    (alert,) = budgets(budget_row(**changes))
    assert (alert.key, alert.title) == (f"{key}/w1/b1/2026-04-01", title)
    assert alert.text.startswith("812 of 1,000 credits in Apr 2026; passes it on 22 Apr 2026")


def test_a_budget_below_every_limit_or_over_is_not_alerted(budgets: Callable[..., list[Alert]]) -> None:
    calm = {"used_share": "0.8499", "chance_to_exceed": "0.4999"}
    assert budgets(budget_row(**calm), budget_row(budget_id="over", used_share=2, is_open=False)) == []


def test_a_version_of_an_older_release_has_no_budgets_to_alert() -> None:
    with duckdb.connect() as connection:
        connection.execute(SCHEMA.read_text())
        connection.execute("drop table marts.budget_status")
        assert list(budget_alerts(connection, {})) == []
