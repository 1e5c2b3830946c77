"""Files with the rows of one workspace only, so that they can be given to its people and to nobody else.

DuckDB has no users: whoever may open a file may read all of it. Not here: the files of all workspaces
(build.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.publish.report.load import load_reports, published_workspaces
from orchestration.publish.report.page import render_page
from orchestration.publish.rows.select import has_workspaces
from orchestration.publish.versions.export import DATABASE_NAME, write_marts
from orchestration.publish.versions.file_names import file_name, ids_that_fold

FOLDER = "workspaces"
PAGE_NAME = "report.html"


def write_workspace_files(version: Path, *, days: int, published_at: datetime, language: str = "en") -> None:
    """Write `workspaces/<id>/` for every workspace of a built version, ids percent-encoded.

    Each holds `credits.duckdb` and `parquet/<mart>.parquet` with the rows of this workspace only, of every
    mart with a workspace_id (all but `data_quality` and `model_registry`), and `report.html`, with the
    accuracy of its own forecasts only. Rows over all workspaces are left out. The page still shows facts
    about the run: the names of its checks, and which of them failed.

    Some twenty files a workspace are written and synced: time and space grow with the workspaces.

    Args:
        version: the folder of a version with its credits.duckdb, not yet served.
        days: the period of the page.
        published_at: the instant to show to readers, with a zone.
    """
    (version / FOLDER).mkdir()
    folders = {}
    folding = ids_that_fold(published_workspaces(version))
    for report in load_reports(version, days=days, for_pages=True, is_alone=True):
        workspace_id = report.summary.workspace_id
        folders[workspace_id] = version / FOLDER / file_name(workspace_id, folding=folding)
        folders[workspace_id].mkdir()
        page = render_page(
            replace(report, published_at=published_at),
            language=language,
            files=[("credits.duckdb", DATABASE_NAME)],
        )
        (folders[workspace_id] / PAGE_NAME).write_text(page, encoding="utf-8")
    # after the pages: one process cannot open a file with two configurations
    with duckdb.connect(str(version / DATABASE_NAME), read_only=True) as connection:
        marts = [mart for mart, is_of_workspaces in has_workspaces(connection).items() if is_of_workspaces]
        for workspace_id, folder in folders.items():
            (folder / "parquet").mkdir()
            write_marts(connection, folder, marts, workspace_id=workspace_id)
