"""The page in every empty and unusual state."""

import re
from decimal import Decimal
from html import unescape

import pytest
from support.page_states import HOSTILE, states, with_forecast, with_ledger

from orchestration.publish.report.breakdown import displayed_lines
from orchestration.publish.report.model import Report
from orchestration.publish.report.page import render_page

STATES = [
    *("usual", "too early", "no use", "already empty", "renewal first", "no ledger", "no forecast"),
    *("no name", "no waste", "many members", "hostile names", "one day", "restated", "no checks"),
]


def text_of(page: str) -> str:
    page = re.sub("<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]*>", "", page)))


def test_every_state_is_tested(example: Report) -> None:
    assert set(states(example)) == set(STATES)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", ["en", "th"])
def test_a_page_of_any_state_is_complete(example: Report, state: str, language: str) -> None:
    report, expected = states(example)[state]
    page = render_page(report, language=language)
    assert page.rstrip().endswith("</html>")
    if language == "en":
        assert expected in text_of(page)
    assert "<script" not in page
    assert "None" not in text_of(page).replace("none; no part", "")


def test_a_stale_page_starts_with_a_warning(example: Report) -> None:
    page = render_page(example, stale="Not up to date: the newest run failed at check x of <y>")
    warning = '<p class="stale" lang="en">Not up to date: the newest run failed at check x of &lt;y&gt;.</p>'
    assert page.index(warning) < page.index("<h1>")
    assert 'class="stale"' not in render_page(example)


def test_hostile_names_are_shown_as_text(example: Report) -> None:
    page = render_page(states(example)["hostile names"][0])
    assert text_of(page).count("<script>alert(1)</script>'\"; drop table marts; -- =cmd()") >= 10
    assert "49" not in text_of(page) and HOSTILE.encode()[:8] not in page.encode()
    assert "\u202e" not in page


def test_a_breakdown_with_others_adds_up(example: Report) -> None:
    report = states(example)["many members"][0]
    lines = displayed_lines(report.members)
    assert [line.label[:10] for line in lines[10:]] == ["Member 11 ", "others (2)"]
    assert sum(Decimal(line.written.replace(",", "")) for line in lines) == 1365
    page = render_page(report)
    (others,) = re.findall(".*others \\(2\\).*", page)
    assert f"{lines[-1].written} <small>({lines[-1].percent}%)</small>" in others
    assert "<i " not in others  # many together have no bar
    # the most efficient member is in the table, wherever it ranks
    assert text_of(page).count("★ most efficient") == 1


def test_a_renewal_that_probably_comes_too_late_is_not_the_headline(example: Report) -> None:
    report = states(example)["renewal first"][0]
    late = with_forecast(report, chance_empty_before_grant=Decimal("0.5"))
    assert "<h1>Empty by 12 May 2026 at the current pace</h1>" in render_page(late)
    assert "Next renewal 1 May 2026: 50 % chance of running out before it." in render_page(late)


def test_the_burn_down_shows_the_forecast_and_describes_it_in_sentences(example: Report) -> None:
    page = render_page(with_ledger(example))
    picture = page[page.index("<svg") : page.index("</svg>")]
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", picture)
    for label in ("7 Apr", "empty here: 8 in 10", "80 %", "50 %", "500 expire 20 Apr", "4,000"):
        assert label in texts
    assert "2,160 expire 8 Mar" not in texts  # beyond the chart
    for color in ("#D55E00", "#0072B2", "#56B4E9", "#E69F00"):
        assert color in picture
    assert not re.search(r"https?://(?!www\.w3\.org/)", picture)
    assert "Dashed: the median of what is to come, empty on 12 May 2026. 8 in 10 chance: between" in picture
    assert "500 credits expire on 20 Apr 2026 unless used before." in text_of(page[page.index("</svg>") :])


def test_published_files_are_linked_only_if_they_exist(example: Report) -> None:
    assert "<a " not in render_page(example)
    assert '<a href="a.csv">CSV</a>' in render_page(example, files=[("CSV", "a.csv")])
