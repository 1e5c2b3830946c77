"""The pages of a version: one for each workspace with its figures as CSV, and an index of them all.

Not here: the contents of a page (page.py), or when pages are written (versions/build.py).
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import chain
from operator import attrgetter
from pathlib import Path
from urllib.parse import quote

from forecasting.depletion.headline import may_be_empty_on
from orchestration.publish.processes import in_processes
from orchestration.publish.report.breakdown import labels_of
from orchestration.publish.report.formatting import day_month_year, distinct_labels, plain
from orchestration.publish.report.headline import deciding_charge_text, range_text
from orchestration.publish.report.i18n import using_language
from orchestration.publish.report.load import WORKSPACES_AT_ONCE, load_reports, published_workspaces
from orchestration.publish.report.model import Report, UsageLine
from orchestration.publish.report.page import render_page, report_headline, template, workspace_label
from orchestration.publish.report.sentences import buying_text, is_waste_unknown
from orchestration.publish.rows.cells import csv_line
from orchestration.publish.versions.export import DATABASE_NAME, PublishError
from orchestration.publish.versions.file_names import file_name, ids_that_fold

PAGE_DAYS = 30
REPORT_FOLDER = "report"
# outside that folder, so that no workspace id can collide with it
INDEX_FILE = "index.html"


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


def write_pages(
    folder: Path, *, published_at: datetime, language: str = "en", dashboard_url: str = ""
) -> None:
    """Write `report/<id>.html` and `.csv` for every workspace of a built version, and `index.html`.

    Thousands are written by processes of their own, one for each core. Their files do not depend on it.

    Args:
        folder: of the version, with its credits.duckdb; ids are percent-encoded in names.
        published_at: the instant to show to readers, with a zone.
        language: one of `LANGUAGES`.
        dashboard_url: where pages link to; see `render_page`.

    Raises:
        PublishError: a page could not be written; the message names its workspace.
    """
    (folder / REPORT_FOLDER).mkdir()
    ids = published_workspaces(folder)
    folding = ids_that_fold(ids)
    page = partial(render_page, language=language, dashboard_url=dashboard_url)
    write = partial(
        _write_batch, folder, published_at=published_at, language=language, page=page, folding=folding
    )
    batches = [ids[start : start + WORKSPACES_AT_ONCE] for start in range(0, len(ids), WORKSPACES_AT_ONCE)]
    lines = chain.from_iterable(in_processes(write, batches))
    index = render_index(lines, published_at=published_at, language=language)
    (folder / INDEX_FILE).write_text(index, encoding="utf-8")


def _write_batch(
    folder: Path,
    workspace_ids: Sequence[str],
    *,
    published_at: datetime,
    language: str,
    page: Callable[..., str],
    folding: frozenset[str],
) -> list[IndexLine]:
    """Write the pages of some workspaces; returns their rows of the index."""
    lines = []
    with using_language(language), _without_collector():
        for report in load_reports(folder, days=PAGE_DAYS, chosen=workspace_ids, for_pages=True):
            report = replace(report, published_at=published_at)
            workspace_id = report.summary.workspace_id
            path = folder / REPORT_FOLDER / file_name(workspace_id, folding=folding)
            try:
                html = page(report, files=_links(f"{path.name}.csv"))
                figures = report_csv(report)
                lines.append(index_line(report))
            except Exception as error:
                raise PublishError(
                    f"every workspace has a page; that of {plain(workspace_id)!r} cannot be drawn:"
                    f" {type(error).__name__}: {error}. The previous version is still served. Please report"
                    " this message."
                ) from error
            # not with_suffix: an id may have a dot
            Path(f"{path}.html").write_text(html, encoding="utf-8")
            Path(f"{path}.csv").write_text(figures, encoding="utf-8", newline="")
    return lines


@contextmanager
def _without_collector() -> Iterator[None]:
    """Leave cycles to be collected later: to look for them among a batch's rows takes a sixth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def render_index(lines: Iterable[IndexLine], *, published_at: datetime, language: str = "en") -> str:
    """The page over all workspaces, those that may be empty first on top; amounts as on their pages."""
    ordered = sorted(
        lines, key=lambda line: (line.may_be_empty_on or date.max, line.label, line.workspace_id)
    )
    totals = {
        name: sum((getattr(line, name) or Decimal(0) for line in ordered), Decimal(0))
        for name in ("left", "used", "wasted")
    }
    folding = ids_that_fold([line.workspace_id for line in ordered])

    def page_of(line: IndexLine) -> str:
        name = file_name(line.workspace_id, suffix=".html", folding=folding)
        return quote(f"{REPORT_FOLDER}/{name}")

    labels = distinct_labels([(line.workspace_id, line.label) for line in ordered])
    with using_language(language):
        return template("index.html.j2", language).render(
            language=language,
            published_at=published_at,
            days=PAGE_DAYS,
            lines=list(zip(ordered, labels, strict=True)),
            totals=totals,
            page_of=page_of,
        )


def report_csv(report: Report) -> str:
    """The breakdowns of a report with all their digits, as CSV safe from formula injection."""
    names = [field.name for field in fields(UsageLine)]
    values = attrgetter(*names)
    breakdowns = {
        "member": report.members,
        "category": report.categories,
        "generation_type": report.generation_types,
    }
    rows = ([by, *values(line)] for by, lines in breakdowns.items() for line in _labelled(lines))
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
