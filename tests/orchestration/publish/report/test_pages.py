"""Every workspace has a page, a CSV with its figures, and a row in an index that adds up."""

from __future__ import annotations

import csv
import gc
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support.browser import opened
from support.page_states import with_ledger

from orchestration.publish.report import pages
from orchestration.publish.report.model import Report
from orchestration.publish.report.pages import IndexLine, index_line, render_index, report_csv, write_pages
from orchestration.publish.versions.export import PublishError

AT = datetime(2026, 4, 8, 2, tzinfo=UTC)


def line(workspace_id: str, **changes: Any) -> IndexLine:
    values = {
        **{"label": workspace_id.upper(), "charge": None, "headline": "Empty", "range": None, "buying": None},
        **{"used": Decimal("0.4"), "left": Decimal("1.4"), "wasted": Decimal(0), "may_be_empty_on": None},
    }
    return IndexLine(workspace_id=workspace_id, **{**values, **changes})


def test_the_index_is_sorted_by_the_first_day_that_may_be_empty_and_shows_it() -> None:
    lines = [
        line("z", may_be_empty_on=date(2026, 5, 1)),
        line("index", may_be_empty_on=date(2026, 4, 3)),
        line("n", left=None),
    ]
    page = render_index(lines, published_at=AT)
    assert re.findall("<bdi>(.*?)</bdi>", page) == ["INDEX", "Z", "N"]
    assert re.findall('<td data-name="May be empty from">(.*?)</td>', page) == [
        "3 Apr 2026",
        "1 May 2026",
        "–",
    ]


def test_the_first_day_of_the_index_is_p10_or_without_a_range_that_of_the_headline(example: Report) -> None:
    assert index_line(example).may_be_empty_on == date(2026, 5, 12)
    assert index_line(with_ledger(example)).may_be_empty_on == date(2026, 5, 6)
    assert index_line(replace(example, forecast=None)).may_be_empty_on is None


def test_an_amount_of_the_index_is_that_of_its_page_and_the_total_that_of_all() -> None:
    """Rounded to add up, the first of these was 687 in the index and 688 on its page."""
    lines = [line(f"w{n}", used=Decimal("687.6"), left=Decimal("0.4"), wasted=Decimal(0)) for n in range(4)]
    page = render_index(lines, published_at=AT)
    rows = [re.findall('<td class="n"[^>]*>(.*?)</td>', row) for row in re.findall("<tr>(.*?)</tr>", page)]
    assert rows[1:5] == [["0.40", "688", "0"]] * 4
    assert rows[5] == ["1.60", "2,750", "0"]


def test_an_index_without_workspaces_asks_for_deliveries() -> None:
    assert "Deliver files to the landing folder" in render_index([], published_at=AT)
    assert "ยังไม่มีเวิร์กสเปซ" in render_index([], published_at=AT, language="th")


def test_every_row_of_the_index_links_to_its_page(
    chromium: Any, rows: dict[str, list[dict[str, Any]]], publish: Callable[[Any], Path]
) -> None:
    for workspace_id in ("index", "50 %/ü?#", "x" * 250):
        rows["credit_summary"].append({**rows["credit_summary"][0], "workspace_id": workspace_id})
    published = publish(rows)
    with opened(chromium, (published.resolve() / "index.html").as_uri()) as (page, _):
        links = page.locator("a")
        assert links.count() == 4
        for index in range(4):
            links.nth(index).click()
            assert page.locator("h1").count() == 1
            page.get_by_role("link", name="CSV").evaluate("link => link.href")
            files = page.locator("footer a").evaluate_all("links => links.map(link => link.href)")
            assert len(files) == 4
            for href in files:
                assert Path(unquote(href.removeprefix("file://"))).exists(), href
            page.get_by_role("link", name="index.html").click()


def test_the_csv_of_a_page_has_its_breakdowns_with_all_digits(example: Report) -> None:
    named = replace(example.members[0], name="=cmd()", credits=Decimal("680.000001"))
    report = replace(example, members=(named, *example.members[1:]))
    read = list(csv.DictReader(StringIO(report_csv(report), newline="")))
    assert [row["name"] for row in read if row["breakdown"] == "member"][:2] == ["'=cmd()", "Mike"]
    assert read[0]["credits"].rstrip("0") == "680.000001"
    for breakdown in ("category", "generation_type"):
        assert sum(Decimal(row["credits"]) for row in read if row["breakdown"] == breakdown) == 2340


def written(published: Path, folder: Path) -> dict[str, bytes]:
    """Write the pages of a published version into a folder; returns their bytes by name."""
    folder.mkdir()
    (folder / "credits.duckdb").hardlink_to(published.resolve() / "credits.duckdb")
    write_pages(folder, published_at=AT, language="th")
    files = [folder / "index.html", *(folder / "report").iterdir()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_pages_by_several_processes_are_those_by_one(
    rows: dict[str, list[dict[str, Any]]],
    publish: Callable[[Any], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    summary = rows["credit_summary"][0]
    rows["credit_summary"] = [{**summary, "workspace_id": id} for id in ("w1", "w.2", "w2", "ร้านค้า", "a/b")]
    published = publish(rows)
    by_one = written(published, tmp_path / "one")
    monkeypatch.setattr(pages, "WORKSPACES_AT_ONCE", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert written(published, tmp_path / "several") == by_one
    assert len(by_one) == 11


def test_a_page_that_cannot_be_drawn_is_named(
    rows: dict[str, list[dict[str, Any]]],
    publish: Callable[[Any], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published = publish(rows)
    monkeypatch.setattr(pages, "report_csv", lambda report: 1 / 0)
    with pytest.raises(PublishError, match=r"that of 'w1' cannot be drawn: ZeroDivisionError: division by"):
        written(published, tmp_path / "pages")
    assert gc.isenabled()  # which is put off while pages are written


def test_a_process_that_writes_pages_loads_no_library_it_does_not_need() -> None:
    program = "import sys, orchestration.publish.report.pages; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert {"duckdb", "jinja2"} <= set(loaded.split())
    assert not {"pandas", "numpy", "scipy", "altair", "dagster"} & set(loaded.split())
