"""Whether the served version is what a run would publish again, so that it need not build anything.

What a run builds where something is new does not belong here.
"""

from __future__ import annotations

import json
from hashlib import sha256

import dagster as dg

from forecasting.waste.model import is_as_registered, stored_hash
from orchestration.publish.versions.history import read_run_state
from orchestration.publish.versions.manifest import changed_files
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.settings import CODE_DIR, Settings
from orchestration.warehouse.model_store import ModelFile
from orchestration.warehouse.protocol import Warehouse
from orchestration.warehouse.run_state import VERSION_FILE, RunState, is_unchanged
from orchestration.warehouse.waste_inputs import registry_of

_PUBLISH = CODE_DIR / "orchestration" / "publish"
_KINDS = ("py", "j2", "sql")


def is_served(
    run_state: RunState, warehouse: Warehouse, settings: Settings, instance: dg.DagsterInstance
) -> bool:
    """Whether this state is published, by a whole run that succeeded, and its files are as they were.

    Args:
        run_state: what this run would build.
        warehouse: with the runs it knows of.
        settings: of the data directory, and of how marts are presented.
        instance: with the runs before this one.
    """
    return (
        warehouse.has_table("state.runs")
        and is_unchanged(warehouse, run_state)
        and read_run_state(settings.published_dir) == run_state
        and _presentation_served(settings) == presentation(settings)
        and _has_succeeded(instance, settings)
        and _has_its_model(warehouse, settings)
        and next(changed_files(settings.published_dir.resolve()), None) is None
    )


def presentation(settings: Settings) -> str:
    """A fingerprint of what, without being a definition, decides what is published, and where."""
    chosen = (settings.lang, settings.workspace_files, settings.publish, settings.month_closes_on)
    digest = sha256(repr(chosen).encode())
    for file in sorted(file for kind in _KINDS for file in _PUBLISH.rglob(f"*.{kind}")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _presentation_served(settings: Settings) -> str:
    """That of the served version; empty where an older release has published it."""
    file = settings.published_dir / VERSION_FILE
    return str(json.loads(file.read_text(encoding="utf-8")).get("presentation", ""))


def _has_its_model(warehouse: Warehouse, settings: Settings) -> bool:
    """Whether the stored waste model is the registered one; a run trains what is missing, or warns."""
    registry = registry_of(warehouse)
    stored = ModelFile(settings.models_dir, stored_hash(registry)).read()
    return is_as_registered(registry, stored)


def _has_succeeded(instance: dg.DagsterInstance, settings: Settings) -> bool:
    """Whether the run before this one has done all its steps, those after publishing, too."""
    tags = {DATA_DIR_TAG: str(settings.data_dir)}
    runs = instance.get_runs(dg.RunsFilter(job_name=JOB_NAME, tags=tags), limit=2)
    return [run.status for run in runs[1:]] == [dg.DagsterRunStatus.SUCCESS]
