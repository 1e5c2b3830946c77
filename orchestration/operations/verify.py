"""Recomputes the published version from raw alone, with the same job, in a temporary data directory.

The comparison and its report do not belong here.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.defs.jobs import run_config
from orchestration.lake.lake import Lake
from orchestration.lake.sources.known_mappings import FOLDER as MAPPINGS
from orchestration.operations.nightly import execute, failures
from orchestration.runs.warehouse_factory import remove_verification
from orchestration.settings import Settings, export_environment
from orchestration.warehouse.run_state import RunState


class CannotRecompute(RuntimeError):
    """The recomputing job failed; the message gives the cause."""


@contextmanager
def recomputed(settings: Settings, run_state: RunState) -> Iterator[Path]:
    """The published folder of a run over the batches and as_of of `run_state`, from nothing but raw.

    It is removed when the block ends. Dagster keeps no record of the run, and nothing outside the folder is
    written: the batches are linked and only read. The caller holds the lock of the data directory.

    Raises:
        CannotRecompute: the run failed.
    """
    if Lake(settings.lake_dir).forgotten.is_pending:
        raise CannotRecompute("An erasure is unfinished. Complete it with `credits forget`, then verify.")
    remove_verification(settings)
    try:
        batches = settings.verify_dir / "raw" / "batches"
        batches.mkdir(parents=True)
        for file in (entry for entry in settings.lake_dir.iterdir() if entry.is_file()):
            shutil.copy(file, settings.verify_dir / "raw")
        if (mappings := settings.lake_dir / MAPPINGS).is_dir():
            shutil.copytree(mappings, settings.verify_dir / "raw" / MAPPINGS)
        for batch in Lake(settings.lake_dir).batches():
            if int(batch.name) <= run_state.batch_id:
                (batches / batch.name).symlink_to(batch, target_is_directory=True)
        # the recomputed version is published nowhere else
        temporary = settings.model_copy(update={"data_dir": settings.verify_dir, "publish": ()})
        export_environment(temporary)
        config = run_config(now=datetime.now(UTC), as_of=run_state.as_of, full_refresh=True, is_loading=False)
        with dg.DagsterInstance.ephemeral() as instance:
            result = execute(temporary, config, instance)
        if not result.success:
            raise CannotRecompute("; ".join(failures(result)))
        yield temporary.published_dir.resolve()
    finally:
        export_environment(settings)
        remove_verification(settings)
