"""The dashboard as a person sees it, and after choosing filters."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from streamlit.testing.v1 import AppTest
from support.browser import opened

import orchestration.dashboard.app  # noqa: F401  (imported outside of the time limit of AppTest)
from orchestration.dashboard import what_if

Rows = dict[str, list[dict[str, Any]]]
AS_OF = date(2026, 4, 7)
SCRIPT = Path(__file__).parents[3] / "orchestration" / "dashboard" / "app.py"
TAB = "[role=tabpanel]"
HOSTILE = "[x](javascript:alert(1)) $y$ :smile: <b>**z**"


def with_usage(rows: Rows, *, more: int = 0) -> Rows:
    """The example's members with a day's use each in the cube and in the details."""
    rows["generation_details"], rows["usage_daily"] = [], []
    for number, row in enumerate(rows["usage_by_member"]):
        credits = row["credits"] + (more if number == 0 else 0)
        of = {
            **{"workspace_id": "w1", "usage_date": AS_OF - timedelta(days=number)},
            **{"member_id": row["member_id"], "product_category": "Shoes", "generation_type": "meta"},
            **{"team": "Catalogue", "credits": credits, "unpriced_credits": 0},
            **{"cost": credits / 20, "currency": "USD", "attempt_count": 1},
        }
        wasted = credits if number == 1 else 0
        rows["usage_daily"].append(
            {
                **of,
                **{"generation_count": 1, "regeneration_count": 0, "wasted_credits": wasted},
                "wasted_cost": wasted / 20,
            }
        )
        rows["generation_details"].append(
            {
                **of,
                **{"source": "native", "event_id": f"e{number}", "attempt_number": 1, "locale": "en"},
                **{"disposition": "wasted" if number == 1 else "used", "is_regeneration": False},
                **{"waste_reason": "rejected_content" if number == 1 else None, "occurred_at": AS_OF},
                "tags": '{"client":"A, B"}' if number == 0 else '{"client":"(none)"}',
            }
        )
    rows["period_changes"] = [
        {
            **{"workspace_id": "w1", "period": "30d", "scope": "workspace", "scope_id": "(all)"},
            **{"before_start_date": date(2026, 2, 7), "before_end_date": date(2026, 3, 8)},
        }
    ]
    first = {**rows["credit_summary"][0], "period": "7d", "window_start_date": date(2026, 4, 1)}
    months = (
        {"period": "month_to_date", "window_start_date": date(2026, 4, 1)},
        {"period": "last_month", "window_start_date": date(2026, 3, 1), "window_end_date": date(2026, 3, 31)},
    )
    rows["credit_summary"] += [first, *({**first, **month} for month in months)]
    return rows


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def table(app: AppTest, column: str) -> Any:
    """The table that has a column."""
    return next(found.value for found in app.dataframe if column in found.value.columns)


def written(app: AppTest) -> str:
    """All text of the page, without what Markdown escapes."""
    return " ".join(part.value for part in (*app.markdown, *app.info, *app.caption)).replace("\\", "")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path / "data"))
    return AppTest.from_file(str(SCRIPT), default_timeout=60)


def test_with_nothing_published_it_shows_the_command_to_run(app: AppTest) -> None:
    app.run()
    assert app.title[0].value == "Nothing is published yet"
    assert app.code[0].value.startswith("credits run")


def test_marts_of_an_older_release_ask_for_a_run(
    app: AppTest,
    rows: Rows,
    publish: Callable[[Rows], Path],
    publish_version: Callable[..., Any],
    tmp_path: Path,
) -> None:
    published = publish(with_usage(rows))
    import duckdb

    database = published.resolve() / "credits.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table marts.usage_daily drop column team")
    app.run()
    assert not app.exception
    assert app.title[0].value.startswith("What is published was made by another release")


def test_the_first_screen_answers_five_questions(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    publish(with_usage(rows))
    app.run()
    assert not app.exception and not app.error
    assert [title.value for title in app.title] == ["Empty by 12 May 2026 at the current pace"]
    shown = metrics(app)
    assert (shown["Used in 30 days"], shown["Cost"], shown["Wasted"]) == ("2,340", "117\\.00 USD", "520")
    text = written(app)
    assert "What to change**: improve rulesets to reduce rework (rs1 / description)." in text
    assert "115 to 145 credits a month, about 2 days later" in text
    assert "Compared with last month: 2,340 credits so far in Apr 2026" in text
    assert [header.value for header in app.header[:3]] == [
        "By team member",
        "By category",
        "By generation type",
    ]


def test_figures_and_tables_are_totals_of_the_chosen_filter(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    publish(with_usage(rows))
    app.run()
    app.multiselect(key="member_id").select("m1").run()
    assert metrics(app)["Used in 30 days"] == "680"
    assert app.query_params["member_id"] in ("m1", ["m1"])
    app.multiselect(key="member_id").select("m2").run()
    assert metrics(app)["Used in 30 days"] == "1,200"
    # periods, changes and generations follow the filter, too
    periods = table(app, "First day").set_index("Period")["Credits"]
    assert dict(periods) == {"7 days": 1200, "30 days": 1200, "This month": 1200, "Last month": 0}
    assert table(app, "Change, share")["Credits"].sum() == 1200
    assert table(app, "Event")["Credits"].sum() == 1200
    app.multiselect(key="waste_reason").select("rejected_content").run()
    assert metrics(app)["Used in 30 days"] == metrics(app)["Wasted"] == "520"
    assert table(app, "Reason")["Credits"].sum() == 520
    app.selectbox(key="period").set_value("7d").run()
    assert metrics(app)["Used in 7 days"] == "520"
    assert app.query_params["period"] in ("7d", ["7d"])


def test_the_address_keeps_language_period_and_filters(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    publish(with_usage(rows))
    app.query_params.update(
        {
            "period": "dates",
            "from": "2026-04-05",
            "to": "2026-04-06",
            "member_id": ["m2", "gone"],
            "lang": "th",
        }
    )
    app.run()
    assert metrics(app)["ใช้ไปใน 2 วัน"] == "520"
    assert app.title[0].value.startswith("เครดิตจะหมดภายใน")
    assert app.query_params["lang"] in ("th", ["th"])
    assert app.query_params["from"] in ("2026-04-05", ["2026-04-05"])


def test_numbers_sort_as_numbers_and_times_have_their_zone(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    for row in rows["credit_summary"]:
        row["timezone"] = "Asia/Bangkok"
    publish(with_usage(rows))
    app.run()
    generations = table(app, "Event")
    assert generations["Credits"].dtype == generations["Cost"].dtype == "float64"
    assert str(generations["Time, Asia/Bangkok"].dtype) == "datetime64[us, UTC]"
    assert list(generations["Team member"])[:2] == ["Sarah", "Mike"]
    assert app.caption[0].value.replace("\\", "").startswith("Acme Store · data to 7 Apr 2026, Asia/Bangkok")


def test_what_if_asks_the_engine_of_the_command(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def answer(data_dir: Path, workspace_id: str, changes: list[str]) -> dict[str, Any]:
        asked.append((workspace_id, changes))
        row = {"forecast_status": "ok", "pace_date": "2026-05-12", "history_days": 30}
        days = {f"depletes_on_p{level}": "2026-05-20" for level in (10, 50, 90)}
        return {"as_it_is": row, "changed": {**row, **days}, "median_days_later": 8}

    monkeypatch.setattr(what_if, "changed_forecast", answer)
    publish(with_usage(rows))
    app.run()
    predict = next(button for button in app.button if button.label == "Predict")
    predict.click().run()
    assert "Move a slider first." in written(app) and asked == []
    next(slider for slider in app.slider if slider.label.startswith("Credits spent")).set_value(-50)
    next(button for button in app.button if button.label == "Predict").click().run()
    assert asked == [("w1", ["regeneration-rate=-50%"])]
    assert "Empty by 12 May 2026" in written(app) and "Empty around 20 May 2026" in written(app)
    assert "8 days later in the median." in written(app)


def test_the_next_view_reads_the_next_version(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    publish(with_usage(rows))
    app.run()
    publish(with_usage(rows, more=10))
    app.run()
    assert metrics(app)["Used in 30 days"] == "2,350"


def test_invalid_url_parameters_are_ignored_and_hostile_names_escaped(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    rows["credit_summary"][0]["workspace_name"] = HOSTILE
    rows["usage_by_member"][0]["member_name"] = HOSTILE
    publish(with_usage(rows))
    app.query_params.update({"period": "x", "workspace": "none", "from": "never", "lang": "<b>"})
    app.run()
    assert not app.exception and not app.error
    assert r"\[x\]\(javascript\:alert\(1\)\) \$y\$ \:smile\: \<b\>\*\*z\*\*" in app.caption[0].value
    assert HOSTILE in app.multiselect(key="member_id").options


@contextmanager
def served(data_dir: Path) -> Iterator[str]:
    """The URL of a dashboard started by `credits dashboard`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "orchestration.cli.main", "dashboard"]
    command += ["--data-dir", str(data_dir), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).close()
                    break
                except OSError:
                    assert process.poll() is None and time.monotonic() < deadline, process.communicate()
                    time.sleep(0.3)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()  # on SIGTERM it would wait for open pages


def violations(page: Any, *, within: str | None = None, **options: Any) -> list[str]:
    """The accessibility violations that axe finds, one line each, in the elements of a selector or all."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=within, options=options).response["violations"]
    return [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in found]


def test_in_a_browser_it_answers_filters_and_sends_no_other_requests(
    chromium: Any, rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path
) -> None:
    rows["usage_by_member"][0]["member_name"] = "=cmd() <img src=x onerror=alert(1)>"
    publish(with_usage(rows))
    with (
        served(tmp_path / "data") as url,
        opened(chromium, f"{url}?member_id=m1&member_id=m2", accept_downloads=True) as (page, requests),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        used = page.get_by_test_id("stMetric").filter(has_text="Used in").get_by_test_id("stMetricValue")
        used.wait_for(timeout=60_000)
        assert used.inner_text() == "1,200"
        # the five answers are seen without scrolling
        for answer in (
            "Empty by 12 May 2026",
            "By team member",
            "Wasted",
            "What to change",
            "Cost",
            "Compared with last month",
        ):
            box = page.get_by_test_id("stMain").get_by_text(answer).first.bounding_box()
            assert box["y"] + box["height"] < 800, answer
        # a click on the bar of one of the two members takes that one out of the filter
        bars = page.get_by_test_id("stVegaLiteChart").first.locator("g.mark-rect path")
        bars.first.click(timeout=30_000)
        page.wait_for_url(lambda address: address.count("member_id=") == 1, timeout=30_000)
        page.get_by_test_id("stMetricValue").filter(has_text="520").first.wait_for(timeout=30_000)
        # a version published while the page is open is read at the next choice
        publish(with_usage(rows, more=5))
        page.get_by_role("tab", name="Generations").click()
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").get_by_role("button").click()
        rows_read = list(csv.DictReader(StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
        assert sum(Decimal(row["credits"]) for row in rows_read) == 520
        # in the dark only colours are others
        for scheme, options in (("light", {}), ("dark", {"runOnly": "color-contrast"})):
            page.emulate_media(color_scheme=scheme)
            page.reload()
            page.get_by_role("tab").nth(6).wait_for(timeout=30_000)
            assert violations(page, **options) == [], scheme
            for tab in page.get_by_role("tab").all():
                tab.click()
                page.wait_for_timeout(150)
                assert violations(page, within=TAB, **options) == [], (scheme, tab.inner_text())
        assert {address.split("/")[2] for address in requests if "//" in address} == {url.split("/")[2]}
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_a_port_in_use_is_refused(credits_command: Callable[..., Any], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = credits_command("dashboard", "--port", str(port), "--data-dir", str(tmp_path))
    assert refused.returncode == 2
    assert f"needs port {port} of this machine" in refused.stderr
