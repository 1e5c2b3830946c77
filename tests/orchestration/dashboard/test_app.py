"""The dashboard as a person sees it, and after choosing filters."""

from __future__ import annotations

import csv
import os
import re
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

Rows = dict[str, list[dict[str, Any]]]
AS_OF = date(2026, 4, 7)
SCRIPT = Path(__file__).parents[3] / "orchestration" / "dashboard" / "app.py"
HOSTILE = "[x](javascript:alert(1)) $y$ :smile: <b>**z**"


def with_usage(rows: Rows, *, more: int = 0) -> Rows:
    """The example's members with a day's use each in the cube and in the details."""
    rows["generation_details"], rows["usage_daily"] = [], []
    for number, row in enumerate(rows["usage_by_member"]):
        of = {
            **{"workspace_id": "w1", "usage_date": AS_OF - timedelta(days=number)},
            **{"member_id": row["member_id"], "product_category": "Shoes", "generation_type": "meta"},
        }
        credits = row["credits"] + (more if number == 0 else 0)
        rows["usage_daily"].append(
            {
                **of,
                **{"credits": credits, "generation_count": 1, "attempt_count": 1, "regeneration_count": 0},
                **{"wasted_credits": credits if number == 1 else 0},
            }
        )
        rows["generation_details"].append(
            {
                **{
                    **of,
                    "source": "native",
                    "event_id": f"e{number}",
                    "credits": credits,
                    "attempt_number": 1,
                },
                **{"disposition": "wasted" if number == 1 else "used", "is_regeneration": False},
                **{"waste_reason": "rejected_content" if number == 1 else None},
                "occurred_at": AS_OF,
            }
        )
    return rows


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CREDITS_DATA_DIR", str(tmp_path / "data"))
    return AppTest.from_file(str(SCRIPT), default_timeout=60)


def test_with_nothing_published_it_shows_the_command_to_run(app: AppTest) -> None:
    app.run()
    assert app.title[0].value == "Nothing is published yet"
    assert app.code[0].value.startswith("credits run")


def test_figures_are_totals_of_the_chosen_filter(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    publish(with_usage(rows))
    app.run()
    assert not app.exception and not app.error
    assert app.title[0].value == r"Empty by 12 May 2026 at the current pace"
    assert metrics(app)["Used in 30 days"] == "2,340"
    assert metrics(app)["Wasted"] == "520"
    app.multiselect[0].select("m1").run()
    assert metrics(app)["Used in 30 days"] == "680"
    assert app.query_params["member_id"] in ("m1", ["m1"])
    app.multiselect[0].select("m2").run()
    assert metrics(app)["Used in 30 days"] == "1,200"
    app.multiselect[3].select("rejected_content").run()
    assert metrics(app)["Used in 30 days"] == "520"
    assert metrics(app)["Share wasted"] == "100.0%"
    assert len(app.dataframe[0].value) == 1
    app.radio[0].set_value(7).run()
    assert metrics(app)["Used in 7 days"] == "520"
    assert app.query_params["days"] in ("7", ["7"])


def test_the_url_keeps_the_chosen_filter(app: AppTest, rows: Rows, publish: Callable[[Rows], Path]) -> None:
    publish(with_usage(rows))
    app.query_params.update(
        {"days": "dates", "from": "2026-04-05", "to": "2026-04-06", "member_id": ["m2", "gone"], "lang": "th"}
    )
    app.run()
    assert metrics(app)["ใช้ไปใน 2 วัน"] == "520"
    assert app.title[0].value.startswith("เครดิตจะหมดภายใน")


def test_the_burn_down_is_the_picture_of_the_page(
    app: AppTest, rows: Rows, publish: Callable[[Rows], Path]
) -> None:
    rows["credit_balance_daily"] = [{"workspace_id": "w1", "usage_date": AS_OF, "closing": 2660}]
    publish(with_usage(rows))
    app.run()
    assert not app.exception
    (picture,) = app.get("image")[0].proto.imgs
    assert picture.alt == "Credits left: 2,660 on 7 Apr 2026, 2,660 on 7 Apr 2026."
    assert picture.url.startswith("data:image/svg+xml")


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
    app.query_params.update({"days": "x", "workspace": "none", "from": "never", "lang": "<b>"})
    app.run()
    assert not app.exception and not app.error
    assert r"\[x\]\(javascript\:alert\(1\)\) \$y\$ \:smile\: \<b\>\*\*z\*\*" in app.caption[0].value
    assert HOSTILE in app.multiselect[0].options


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


def test_in_a_browser_it_filters_downloads_csv_and_sends_no_other_requests(
    chromium: Any, rows: Rows, publish: Callable[[Rows], Path], tmp_path: Path
) -> None:
    rows["usage_by_member"][0]["member_name"] = "=cmd() <img src=x onerror=alert(1)>"
    publish(with_usage(rows))
    with (
        served(tmp_path / "data") as url,
        opened(chromium, f"{url}?member_id=m1&member_id=m2", accept_downloads=True) as (page, requests),
    ):
        used = page.get_by_test_id("stMetric").filter(has_text="Used in").get_by_test_id("stMetricValue")
        used.wait_for(timeout=60_000)
        assert used.inner_text() == "1,200"
        page.get_by_test_id("stDownloadButton").wait_for(timeout=30_000)
        amounts = page.locator(".amount").all_inner_texts()
        assert sum(Decimal(re.match(r"[\d,]+", text)[0].replace(",", "")) for text in amounts[:2]) == 1200  # type: ignore[index]
        assert page.locator(".name").first.inner_text() == "=cmd() <img src=x onerror=alert(1)>"
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").get_by_role("button").click()
        rows_read = list(csv.DictReader(StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
        assert sum(Decimal(row["credits"]) for row in rows_read) == 1200
        # a version published while the page is open is read at the next choice
        publish(with_usage(rows, more=5))
        page.get_by_text("7 days", exact=True).click()
        page.get_by_text("Used in 7 days").wait_for(timeout=30_000)
        assert used.inner_text() == "1,205"
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
