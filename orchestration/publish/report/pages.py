"""The pages of a version: one for each workspace with its figures as CSV, and an index of them all.

Not here: the contents of a page (page.py), or when pages are written (versions/build.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from forecasting.depletion.headline import may_be_empty_on
from orchestration.publish.report.breakdown import labels_of
from orchestration.publish.report.formatting import day_month_year, distinct_labels
from orchestration.publish.report.headline import deciding_charge_text, range_text
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import load_reports
from orchestration.publish.report.model import Report, UsageLine
from orchestration.publish.report.page import render_page, report_headline, template, workspace_label
from orchestration.publish.report.sentences import buying_text, is_waste_unknown
from orchestration.publish.rows.cells import csv_line
from orchestration.publish.versions.export import DATABASE_NAME
from orchestration.publish.versions.file_names import file_name

PAGE_DAYS = 30
REPORT_FOLDER = "report"
# outside that folder, so that no workspace id can collide with it
INDEX_FILE = "index.html"
# charts are rendered without holding the GIL
PAGES_AT_ONCE = 2


@dataclass(frozen=True)
class IndexLine:
    """A row of the index: one workspace; credits are exact."""

    workspace_id: str
    label: str
    charge: str | None
    headline: str
    range: str | None
    buying: str | None
    used: Decimal
    left: Decimal | None
    wasted: Decimal | None  # None where it is unknown
    may_be_empty_on: date | None


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
    """The page over all workspaces, those that may be empty first on top; amounts as on their pages."""
    ordered = sorted(
        lines, key=lambda line: (line.may_be_empty_on or date.max, line.label, line.workspace_id)
    )
    totals = {
        name: sum((getattr(line, name) or Decimal(0) for line in ordered), Decimal(0))
        for name in ("left", "used", "wasted")
    }
    labels = distinct_labels([(line.workspace_id, line.label) for line in ordered])
    with using_language(language):
        return template("index.html.j2").render(
            language=language,
            published_at=published_at,
            days=PAGE_DAYS,
            lines=list(zip(ordered, labels, strict=True)),
            totals=totals,
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
    rows = ([by, *asdict(line).values()] for by, lines in breakdowns.items() for line in _labelled(lines))
    return "".join(map(csv_line, [["breakdown", *names], *rows]))


def _labelled(lines: Sequence[UsageLine]) -> Iterator[UsageLine]:
    """The lines, with their id in a name that several have."""
    labels, times = labels_of(lines), Counter(line.name for line in lines)
    for line in lines:
        yield line if times[line.name] == 1 else replace(line, name=labels[line.id])


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
        charge=deciding_charge_text(forecast, write_date=write_date),
        headline=report_headline(report),
        range=range_text(forecast, write_date=write_date),
        buying=buying_text(forecast, write_date=write_date, as_of=summary.as_of),
        used=summary.credits_used,
        left=summary.credits_remaining,
        wasted=None if is_waste_unknown(report) else summary.wasted_credits,
        may_be_empty_on=may_be_empty_on(forecast) if forecast else None,
    )


def _batched(reports: Iterator[Report]) -> Iterator[list[Report]]:
    """Batches small enough to hold in memory."""
    while batch := list(islice(reports, 100)):
        yield batch
