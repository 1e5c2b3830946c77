"""The pipeline of dlt from a source to the landing directory: what is new, and going on after a kill.

How rows are read (sql.py, rest.py) and written (deliver.py) does not belong here.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import dlt
from dlt.common.runtime.anon_tracker import disable_anon_tracker

from orchestration.durable_files import remove_temporary_files
from orchestration.pull.config import RestPull, SqlPull
from orchestration.pull.deliver import Delivered, deliver
from orchestration.pull.rest import RECORD, rest_resources
from orchestration.pull.sql import sql_resources

_NAME = "pull"


def load(config: SqlPull | RestPull, values: dict[str, str], *, folder: Path, state: Path) -> list[Delivered]:
    """Write what dlt has not loaded yet; first what a killed pull had read and not written."""
    _configure()
    if isinstance(config, SqlPull):
        resources, record_column = sql_resources(config, values[config.sql.url]), None
    else:
        resources, record_column = rest_resources(config, values), RECORD
    delivered: list[Delivered] = []

    def landing(items: Any, table: Any) -> None:
        if (file := deliver(Path(items), folder / table["name"], record_column=record_column)) is not None:
            delivered.append(file)

    destination = dlt.destination(
        landing, batch_size=0, loader_file_format="parquet", name="landing", naming_convention="direct"
    )
    _tidy(folder, config, state)
    pipeline = dlt.pipeline(_NAME, destination=destination(), pipelines_dir=str(state))
    try:
        if pipeline.has_pending_data:
            pipeline.run()
        pipeline.run(dlt.source(lambda: resources, name=_NAME)())
    finally:
        (state / _NAME / "trace.pickle").unlink(missing_ok=True)  # of no use, and nothing is to be unpickled
    return delivered


def _tidy(folder: Path, config: SqlPull | RestPull, state: Path) -> None:
    """Remove what earlier pulls left: half files if killed, and what dlt keeps of failed and ended ones."""
    for table in config.tables:
        remove_temporary_files(folder / table)
    work = state / _NAME
    half_read = [entry for entry in (work / "normalize").glob("*/") if entry.name != "extracted"]
    for entry in [*half_read, *(work / "load" / "loaded").glob("*/")]:
        shutil.rmtree(entry)


def _configure() -> None:
    """Make dlt silent, without telemetry, and let it keep names as they are."""
    disable_anon_tracker()  # also where the environment does not switch it off before the import
    dlt.config["load.delete_completed_jobs"] = True  # people's rows stay in landing and raw only
    dlt.config["schema.naming"] = "direct"
    logging.getLogger("dlt").setLevel(logging.CRITICAL)
