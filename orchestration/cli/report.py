"""`credits report`: credits used, left and wasted by one workspace, from the published marts.

Not here: the content of a report (publish/report/).
"""

from __future__ import annotations

import tempfile
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from orchestration.cli.options import (
    EXIT_USAGE,
    UNREADABLE,
    data_dir_option,
    fail,
    use_settings,
    workspace_option,
)
from orchestration.publish.report.i18n import LANGUAGES, using_language
from orchestration.publish.report.load import PERIOD_NAMES, ReportError, load_report
from orchestration.publish.versions.file_names import file_name


@click.command(short_help="Show the report of one workspace.")
@data_dir_option
@workspace_option("Id of the workspace; required if there are several.")
@click.option("--days", type=int, default=30, show_default=True, help="Window: 7, 30 or 90 days.")
@click.option(
    "--period", type=click.Choice(PERIOD_NAMES), help="Window, calendar periods too; in place of --days."
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    help="Language of the report. [default: $CREDITS_LANG, or en]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write. [default: standard output]"
)
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the browser; needs --format html.")
def report(
    data_dir: Path | None,
    workspace: str | None,
    days: int,
    period: str | None,
    output_format: str,
    language: str | None,
    out: Path | None,
    is_opened: bool,
) -> None:
    """Show the report of one workspace: credits used, left and wasted, and the forecast."""
    from orchestration.publish.report.as_json import render_json
    from orchestration.publish.report.text import render_text
    from orchestration.publish.versions.freshness import staleness_warning
    from orchestration.publish.versions.history import kept_versions
    from orchestration.runs.history import newest_failure

    if output_format != "html" and is_opened:
        fail("--open needs the page; add --format html", EXIT_USAGE)
    settings = use_settings(data_dir=data_dir)
    try:
        found = load_report(
            settings.published_dir,
            workspace_id=workspace,
            days=days,
            period=period,
            for_pages=output_format == "html",
        )
    except ReportError as error:
        fail(str(error), EXIT_USAGE)
    except duckdb.Error as error:
        fail(f"{UNREADABLE} {error}")
    stale = staleness_warning(
        kept_versions(settings.data_dir), now=datetime.now(UTC), failure=newest_failure(settings)
    )
    language = language or settings.lang
    if output_format == "html":
        from orchestration.publish.report.page import render_page

        text = render_page(
            found,
            language=language,
            stale=stale,
            dashboard_url=settings.dashboard_url,
        )
    else:
        with using_language(language):
            text = {"text": render_text, "json": render_json}[output_format](found)
    if is_opened and out is None:
        name = file_name(found.summary.workspace_id, suffix=".html")
        out = Path(tempfile.mkdtemp(prefix="credits-report-")) / name
    if out is None:
        click.echo(text.rstrip("\n"))
    else:
        _write(text, out)
    if is_opened and out is not None and not webbrowser.open(out.resolve().as_uri()):
        click.echo(f"no browser could be started; open {out} in one", err=True)
    if stale:
        # on standard error, unless a person reads the report on screen
        is_on_screen = output_format == "text" and out is None
        click.echo(f"\n{stale}" if is_on_screen else f"credits: {stale}", err=not is_on_screen)


def _write(text: str, out: Path) -> None:
    from orchestration.publish.rows.write import OutError, output_file

    try:
        with output_file(out) as file:
            file.write(f"{text.rstrip()}\n".encode())
    except OutError as error:
        fail(str(error), EXIT_USAGE)
    except OSError as error:
        fail(f"the report cannot be written to {out}: {error.strerror}. Name another file with --out.")
    click.echo(f"written to {out}", err=True)
