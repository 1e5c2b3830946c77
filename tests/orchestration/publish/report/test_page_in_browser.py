"""The page in headless Chromium: the numbers of the marts, on any screen, accessible, without requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.browser import opened
from support.page_states import states, with_ledger, with_windows

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


# what a stranger asks, and the words of the page that answer it
QUESTIONS = {
    "When are they empty, and do we buy?": (
        "Empty by 12 May 2026",
        "8 in 10 chance: between 6 May 2026 and 23 May 2026.",
        "Buy by 1 May 2026: 3,000 credits (1 x pack_3000, 165.00 USD).",
    ),
    "How much is left?": ("2,660", "2,340 of 5,000 drawn"),
    "Who, and what for?": ("Sarah", "Mike", "Lisa", "Shoes", "Bags", "Jackets", "Descriptions", "Meta tags"),
    "What is wasted, and what do we do?": (
        "180",
        "7.7% of credits used",
        "Improve rulesets to reduce rework.",
    ),
    "What did it cost?": ("122.85 USD", "9.45 USD"),
    "And compared with last month?": ("+17.0% against the period before, which used 2,000",),
}


def test_a_page_in_use(chromium: Any, example: Report, page_file: Callable[..., str]) -> None:
    """What people do with one page: read its first screen, choose a window by the keyboard, print it."""
    report = with_windows(with_ledger(example))
    with opened(chromium, page_file(report), height=800, bypass_csp=True) as (page, _):
        for question, answers in QUESTIONS.items():
            for words in answers:
                found = [place.bounding_box() for place in page.get_by_text(words).all()]
                assert any(box and 0 < box["y"] + box["height"] <= 800 for box in found), (question, words)
        assert page.locator("body").inner_text().count("2,660") == 1

        tables = page.locator(".scroll:visible")
        assert tables.count() == 4
        for table, lines in zip(
            tables.all(), (example.members, example.categories, example.generation_types), strict=False
        ):
            assert table.locator("tbody bdi").all_inner_texts() == [line.name for line in lines]
            amounts = [
                re.match(r"([\d,]+) \((\d+)%\)", text)
                for text in table.locator("td:nth-child(2)").all_inner_texts()
            ]
            assert [Decimal(amount[1].replace(",", "")) for amount in amounts if amount] == [
                line.credits for line in lines
            ]
            assert sum(int(amount[2]) for amount in amounts if amount) == 100
        figures = page.locator("dd.value:visible")
        assert figures.all_inner_texts() == ["2,340", "78", "2,660", "180"]

        page.locator("#window-30d").focus()
        page.keyboard.press("ArrowLeft")
        assert figures.all_inner_texts() == ["546", "78", "2,660", "180"]
        assert "last 7 days" in page.locator(".where").inner_text()
        page.emulate_media(media="print")
        assert figures.all_inner_texts()[0] == "546"
        assert page.locator("label:visible").all_inner_texts() == ["7 days"]

        page.emulate_media(media="screen", color_scheme="dark")
        assert violations(page) == []
        page.emulate_media(media="print", color_scheme="light")
        assert violations(page) == []
        page.emulate_media(media="screen")
        page.evaluate("document.querySelector('[role=img]').removeAttribute('aria-label')")
        assert [line.partition(":")[0] for line in violations(page)] == ["role-img-alt"]  # axe finds such


def test_no_thai_word_is_broken_in_a_heading(
    chromium: Any, example: Report, page_file: Callable[..., str]
) -> None:
    with opened(chromium, page_file(example, language="th"), width=375, bypass_csp=True) as (page, _):
        phrases = page.locator("h1 span").all()
        assert len(phrases) == 5
        one_line = page.locator("h1 span", has_text="12").bounding_box()["height"]
        assert [phrase.bounding_box()["height"] for phrase in phrases] == [one_line] * 5
        assert violations(page) == []


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
