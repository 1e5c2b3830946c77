"""What is published, made anew from raw alone by the same job, in a data directory of its own.

What is compared, and what is said of it, does not belong here.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from orchestration.defs.jobs import run_config
from orchestration.lake.lake import Lake
from orchestration.operations.nightly import execute, failures
from orchestration.runs.warehouse_factory import remove_verification
from orchestration.settings import Settings, export_environment
from orchestration.warehouse.run_state import RunState


class CannotRecompute(RuntimeError):
    """The job did not publish what it made anew; the message says why."""


@contextmanager
def recomputed(settings: Settings, run_state: RunState) -> Iterator[Path]:
    """The published folder of a run that knew what `run_state` says, and started from nothing but raw.

    It is gone when the block ends. Dagster keeps no record of the run, and nothing outside it is written: the
    batches are linked, and a run that loads nothing only reads them. Whoever asks holds the data directory.

    Raises:
        CannotRecompute: the run failed.
    """
    if Lake(settings.lake_dir).forgotten.is_pending:
        raise CannotRecompute(
            "somebody who is to be forgotten is not erased everywhere yet, which no verification may do; "
            "run credits forget again first"
        )
    remove_verification(settings)
    try:
        batches = settings.verify_dir / "raw" / "batches"
        batches.mkdir(parents=True)
        for beside_batches in (entry for entry in settings.lake_dir.iterdir() if entry.is_file()):
            shutil.copy(beside_batches, settings.verify_dir / "raw")
        for batch in Lake(settings.lake_dir).batches():
            if int(batch.name) <= run_state.batch_id:
                (batches / batch.name).symlink_to(batch, target_is_directory=True)
        # what is made here is sent nowhere
        beside = settings.model_copy(update={"data_dir": settings.verify_dir, "publish": ()})
        export_environment(beside)
        config = run_config(now=datetime.now(UTC), as_of=run_state.as_of, full_refresh=True, is_loading=False)
        with dg.DagsterInstance.ephemeral() as instance:
            result = execute(beside, config, instance)
        if not result.success:
            raise CannotRecompute("; ".join(failures(result)))
        yield beside.published_dir.resolve()
    finally:
        export_environment(settings)
        remove_verification(settings)
