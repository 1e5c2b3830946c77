"""Erases people from everything stored but the published versions: lake, journal, Dagster's records.

Publishing without them does not belong here: that is operations/forget.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import dagster as dg

from orchestration.lake.erasure.erase import (
    PersonalData,
    erase_old_rejects,
    erase_people,
    find_personal_data,
    forgotten_people,
    inactive_people,
    mention_mask,
)
from orchestration.lake.erasure.forgotten_list import ANY, Forgotten, Person
from orchestration.lake.lake import Lake
from orchestration.lake.sources.derivation import derive
from orchestration.runs.event_log import delete_runs
from orchestration.runs.people import pseudonyms_of
from orchestration.runs.warehouse_factory import open_warehouse, remove_verification
from orchestration.settings import Settings
from orchestration.visible_text import counted
from orchestration.warehouse.journal import Journal


def complete_erasure(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, *, run_id: str | None = None
) -> bool:
    """Erase the people on the list who are still stored, after an interrupted `credits forget`.

    Returns:
        Whether there was anything left to do.
    """
    forgotten = lake.forgotten
    if not forgotten.is_pending:
        return False
    erase_stored(
        settings, lake, find_personal_data(lake, forgotten_people(lake, forgotten)), instance, run_id
    )
    return True


def apply_retention(settings: Settings, lake: Lake, *, now: datetime) -> Iterator[str]:
    """Erase what is older than the retention allows; people are listed, for `complete_erasure` to erase.

    Yields:
        A line on each thing done.
    """
    if settings.retention_days is None:
        return
    before = now - timedelta(days=settings.retention_days)
    if batches := erase_old_rejects(lake, before=before):
        old = counted(batches, "batch", "batches")
        yield f"rejected lines of {old} are older than {settings.retention_days} days: erased"
    if people := inactive_people(lake, since=before):
        list_people(lake, people)
        members = counted(sum(workspace != ANY for workspace, _ in people), "member")
        why = f"without a generation for {settings.retention_days} days"
        yield f"erased: {members} {why}; everything is rebuilt"


def list_people(lake: Lake, people: set[Person]) -> None:
    """Put people on the list of the erased, durably."""
    forgotten = lake.forgotten
    for person in people:
        forgotten.add(person)
    forgotten.save()


def erase_stored(
    settings: Settings, lake: Lake, found: PersonalData, instance: dg.DagsterInstance, run_id: str | None
) -> tuple[int, int]:
    """Erase people from lake, journal and run records; returns how many files and run records changed."""
    forgotten, mentions = lake.forgotten, found.mentions
    # first: once the lake is rewritten, nothing tells whose pseudonym is whose
    Journal(settings.journal_dir).rename_members(_renamed(settings, forgotten, found))
    runs = 0

    def redact_records() -> None:
        nonlocal runs
        derive(lake, names=found.terms - {member for _, member in found.people})
        are_mentioned = mention_mask(mentions, forgotten)
        Journal(settings.journal_dir).redact(are_mentioned)
        runs = delete_runs(instance, settings, are_mentioned, exclude=run_id)

    files = erase_people(lake, forgotten, found, before_names=redact_records)
    remove_derived(settings)
    forgotten.settle()
    return files, runs


def _renamed(
    settings: Settings, forgotten: Forgotten, found: PersonalData
) -> Callable[[str, str], str | None]:
    """What replaces the id or the pseudonym of a member who is forgotten, by workspace; None for others."""
    hidden: dict[Person, str] = {}
    if pseudonyms := pseudonyms_of(settings):
        for workspace, member in found.people:
            if token := forgotten.token((workspace, member)):
                hidden[workspace, pseudonyms.of(workspace, member)] = pseudonyms.of(workspace, token)
    return lambda workspace, member: hidden.get((workspace, member)) or forgotten.token((workspace, member))


def remove_derived(settings: Settings) -> None:
    """Remove all that the next run rebuilds from raw; the published version stays."""
    open_warehouse(settings).remove()
    remove_verification(settings)
    # what another engine has left here, too
    files = [*settings.data_dir.glob("warehouse.duckdb*")]
    folders = [settings.models_dir, settings.data_dir / "tmp", settings.spark_dir]
    for dbt in settings.data_dir.glob("dbt*/"):
        files += [*dbt.glob("*.log*"), dbt / "run_results.json"]
        folders += [dbt / "compiled", dbt / "run"]
    for file in files:
        file.unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
