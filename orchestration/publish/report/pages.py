"""The pages of a version: one for each workspace with its figures as CSV, and an index of them all.

Not here: the contents of a page (page.py), or when pages are written (versions/build.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from orchestration.publish.report.formatting import credits_adding_up, day_month_year
from orchestration.publish.report.headline import range_text
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import load_reports
from orchestration.publish.report.model import Report, UsageLine
from orchestration.publish.report.page import render_page, report_headline, template, workspace_label
from orchestration.publish.report.sentences import buying_text
from orchestration.publish.rows.cells import csv_line
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.file_names import file_name

PAGE_DAYS = 30
REPORT_FOLDER = "report"
# outside that folder, so that no workspace id can collide with it
INDEX_FILE = "index.html"
# charts are rendered without holding the GIL
PAGES_AT_ONCE = 2
_LAST = date.max


@dataclass(frozen=True)
class IndexLine:
    """A row of the index: one workspace; credits are exact."""

    workspace_id: str
    label: str
    headline: str
    range: str | None
    buying: str | None
    used: Decimal
    left: Decimal | None
    wasted: Decimal
    ends_on: date


def write_pages(folder: Path, *, published_at: datetime, language: str = "en") -> None:
    """Write `report/<id>.html` and `.csv` for every workspace of a built version, and `index.html`.

    Args:
        folder: of the version, with its credits.duckdb; ids are percent-encoded in names.
        published_at: the instant to show to readers, with a zone.
        language: one of `LANGUAGES`.
    """
    pages = folder / REPORT_FOLDER
    pages.mkdir()

    def write(report: Report) -> IndexLine:
        report = replace(report, published_at=published_at)
        name = file_name(report.summary.workspace_id)
        page = render_page(report, language=language, files=_links(f"{name}.csv"))
        (pages / f"{name}.html").write_text(page, encoding="utf-8")
        (pages / f"{name}.csv").write_text(report_csv(report), encoding="utf-8", newline="")
        with using_language(language):
            return index_line(report)

    with ThreadPoolExecutor(PAGES_AT_ONCE) as pool:
        reports = load_reports(folder, days=PAGE_DAYS)
        lines = [line for batch in _batched(reports) for line in pool.map(write, batch)]
    index = render_index(lines, published_at=published_at, language=language)
    (folder / INDEX_FILE).write_text(index, encoding="utf-8")


def render_index(lines: Iterable[IndexLine], *, published_at: datetime, language: str = "en") -> str:
    """The page over all workspaces, those that run out first on top."""
    ordered = sorted(lines, key=lambda line: (line.ends_on, line.label, line.workspace_id))
    with using_language(language):
        # rounded so that a column adds up to its total as displayed
        columns = {
            name: credits_adding_up([getattr(line, name) or Decimal(0) for line in ordered])
            for name in ("used", "left", "wasted")
        }
        totals = {
            name: credits_adding_up(
                [sum((getattr(line, name) or Decimal(0) for line in ordered), Decimal(0))]
            )
            for name in columns
        }
        return template("index.html.j2").render(
            language=language,
            published_at=published_at,
            days=PAGE_DAYS,
            rows=list(zip(ordered, *columns.values(), strict=True)),
            totals=[total[0] for total in totals.values()],
            page_of=lambda line: quote(f"{REPORT_FOLDER}/{file_name(line.workspace_id)}.html"),
        )


def report_csv(report: Report) -> str:
    """The breakdowns of a report with all their digits, as CSV safe from formula injection."""
    names = [field.name for field in fields(UsageLine)]
    breakdowns = {
        "member": report.members,
        "category": report.categories,
        "generation_type": report.generation_types,
    }
    rows = ([by, *asdict(line).values()] for by, lines in breakdowns.items() for line in lines)
    return "".join(map(csv_line, [["breakdown", *names], *rows]))


def _links(csv_name: str) -> list[tuple[str, str]]:
    return [
        ("CSV", quote(csv_name)),
        ("Parquet", "../parquet/"),
        (DATABASE_NAME, f"../{DATABASE_NAME}"),
        (INDEX_FILE, f"../{INDEX_FILE}"),
    ]


def index_line(report: Report) -> IndexLine:
    """The row of a workspace, in the current language."""
    summary, forecast = report.summary, report.forecast
    write_date = day_month_year
    return IndexLine(
        workspace_id=summary.workspace_id,
        label=workspace_label(report),
        headline=report_headline(report),
        range=range_text(forecast, write_date=write_date),
        buying=buying_text(forecast, write_date=write_date, as_of=summary.as_of),
        used=summary.credits_used,
        left=summary.credits_remaining,
        wasted=summary.wasted_credits,
        ends_on=_ends_on(report),
    )


def _ends_on(report: Report) -> date:
    """The sort key of the index: empty workspaces first, those without an end last."""
    if report.forecast is None:
        return _LAST
    if report.forecast.forecast_status == "already_empty":
        return date.min
    return report.forecast.pace_date or report.forecast.depletes_on_p50 or _LAST


def _batched(reports: Iterator[Report]) -> Iterator[list[Report]]:
    """Batches small enough to hold in memory."""
    while batch := list(islice(reports, 100)):
        yield batch
