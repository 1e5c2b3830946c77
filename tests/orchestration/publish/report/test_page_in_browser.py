"""The page in headless Chromium: the numbers of the marts, on any screen, accessible, without requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.browser import opened
from support.page_states import states

from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page


def violations(page: Any) -> list[str]:
    """The accessibility violations that axe finds, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in found]


@pytest.fixture
def page_file(tmp_path: Path) -> Callable[..., str]:
    def write(report: Report, **options: Any) -> str:
        file = tmp_path / "page.html"
        file.write_text(render_page(report, **options), encoding="utf-8")
        return file.as_uri()

    return write


@pytest.mark.parametrize("language", ["en", pytest.param("th", marks=pytest.mark.slow)])
def test_no_state_has_accessibility_violations_or_sends_requests(
    chromium: Any, example: Report, page_file: Callable[..., str], language: str
) -> None:
    # axe is a script, which the policy of the page forbids
    with opened(chromium, "about:blank", bypass_csp=True) as (page, requests):
        for state, (report, _) in states(example).items():
            requests.clear()
            url = page_file(report, language=language, stale="Not up to date: 3 days old")
            page.goto(url)
            assert violations(page) == [], state
            assert requests == [url], state
            assert page.title() == page.locator("h1").inner_text(), state


def test_axe_finds_a_chart_without_a_label(
    chromium: Any, example: Report, page_file: Callable[..., str]
) -> None:
    url = page_file(example)
    with opened(chromium, url, bypass_csp=True) as (page, _):
        page.evaluate("document.querySelector('[role=img]').removeAttribute('aria-label')")
        assert [line.partition(":")[0] for line in violations(page)] == ["role-img-alt"]


def test_displayed_amounts_are_those_of_the_marts(
    chromium: Any, example: Report, page_file: Callable[..., str]
) -> None:
    with opened(chromium, page_file(example)) as (page, _):
        charts = page.locator(".chart")
        assert charts.count() == 3
        for chart, lines in zip(
            charts.all(), (example.members, example.categories, example.generation_types), strict=True
        ):
            assert chart.locator(".name").all_inner_texts() == [line.name for line in lines]
            amounts = [
                re.match(r"([\d,]+) \((\d+)%\)", text) for text in chart.locator(".amount").all_inner_texts()
            ]
            assert [Decimal(amount[1].replace(",", "")) for amount in amounts if amount] == [
                line.credits for line in lines
            ]
            assert sum(int(amount[2]) for amount in amounts if amount) == 100
        assert page.locator("dd.value").all_inner_texts() == ["2,340", "78", "2,660", "180"]


@pytest.mark.parametrize("width", [375, 1280])
def test_a_page_fits_the_width_of_the_screen(
    chromium: Any, example: Report, page_file: Callable[..., str], width: int
) -> None:
    with opened(chromium, "about:blank", width=width) as (page, _):
        for state, (report, _) in states(example).items():
            page.goto(page_file(report))
            assert page.evaluate("document.documentElement.scrollWidth") == width, state
            assert page.locator("h1").bounding_box()["y"] < 300, state


def test_a_page_prints_on_two_to_four_sheets(
    chromium: Any, example: Report, page_file: Callable[..., str]
) -> None:
    with opened(chromium, page_file(states(example)["usual"][0])) as (page, _):
        printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 4


def test_hostile_names_run_no_script(chromium: Any, example: Report, page_file: Callable[..., str]) -> None:
    url = page_file(states(example)["hostile names"][0])
    with opened(chromium, "about:blank") as (page, _):
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        assert page.locator("script").count() == 0
        assert dialogs == []
