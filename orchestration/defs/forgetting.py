"""A person forgotten everywhere: erased from the lake and the journal, all else built anew without them.

Which cells are erased does not belong here: that is warehouse/erasure.py and warehouse/forgotten.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from orchestration.defs.launch import run_nightly
from orchestration.defs.resources import lock, people_now, pseudonyms_of
from orchestration.defs.run_records import delete_runs
from orchestration.publish.kept import stand_of
from orchestration.publish.versions import other_versions
from orchestration.settings import Settings
from orchestration.warehouse.erasure import (
    Found,
    count_mentions,
    erase_old_rejects,
    erase_people,
    forgotten_people,
    inactive_people,
    landing_files_left,
    look_up,
    mentioned_by,
    people_called,
)
from orchestration.warehouse.forgotten import ANY, Person
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.lake import Lake
from orchestration.warehouse.targets import remove_verification, warehouse_of

Say = Callable[[str], None]


class OtherPseudonyms(ValueError):
    """What is published calls people otherwise than this command would; the message says what to do."""


class UnknownMember(ValueError):
    """Nobody of that id is known; the message says what to do."""


def forget_member(
    settings: Settings, *, member_id: str, workspace_id: str | None, dry_run: bool, now: datetime, say: Say
) -> bool:
    """Erase a member of one workspace, or of all, and publish anew.

    Returns:
        Whether the person is erased everywhere; if not, what was said tells what remains to be done.

    Raises:
        UnknownMember: no row and no rejected line is theirs.
        OtherPseudonyms: publishing anew would change how everyone is called.
        Busy: a run holds the data directory.
    """
    with lock(settings.data_dir):
        lake = Lake(settings.lake_dir)
        _refuse_other_pseudonyms(settings)
        people = people_called(lake, member_id, workspace_id)
        found = look_up(lake, {*people, (ANY, member_id)})
        rejected = count_mentions(lake, found.mentions)
        is_listed = lake.forgotten.token((workspace_id or ANY, member_id)) is not None
        if not people and not rejected and not is_listed:
            where = f"workspace {workspace_id!r}" if workspace_id else "any workspace"
            raise UnknownMember(
                f"only a member that was delivered can be forgotten; {where} has none with the id "
                f"{member_id!r}. Give the id as the deliveries have it in member_id; case matters."
            )
        if not people and not rejected and _is_published_without(settings, lake):
            say("forgotten    the member was forgotten before, and nothing here names them")
            _say_landing(settings.landing_dir, found, say)
            return True
        _describe(found, rejected, say, verb="would be" if dry_run else "are")
        if not dry_run:
            return _forget(settings, lake, {*people, (ANY, member_id)}, found, now, say)
        _say_landing(settings.landing_dir, found, say)
        return True


def complete_forgetting(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, *, run_id: str | None = None
) -> bool:
    """Erase from what is stored those on the list who are still in it, after a run of `forget` was killed.

    Returns:
        Whether there was anything left to do.
    """
    forgotten = lake.forgotten
    if not forgotten.is_pending:
        return False
    _erase(settings, lake, look_up(lake, forgotten_people(lake, forgotten)), instance, run_id)
    return True


def keep_to_retention(settings: Settings, lake: Lake, *, now: datetime) -> Iterator[str]:
    """Erase what is older than the retention allows; people are listed, for `complete_forgetting` to erase.

    Yields:
        What was done, in words.
    """
    if settings.retention_days is None:
        return
    before = now - timedelta(days=settings.retention_days)
    if batches := erase_old_rejects(lake, before=before):
        yield f"rejected lines of {batches} batches are older than {settings.retention_days} days: erased"
    if people := inactive_people(lake, since=before):
        _list(lake, people)
        count = sum(workspace != ANY for workspace, _ in people)
        yield (
            f"{count} members made no generation for {settings.retention_days} days and are forgotten; "
            "everything is built anew"
        )


def _list(lake: Lake, people: set[Person]) -> None:
    forgotten = lake.forgotten
    for person in people:
        forgotten.add(person)
    forgotten.save()


def _forget(
    settings: Settings, lake: Lake, people: set[Person], found: Found, now: datetime, say: Say
) -> bool:
    # first of all: whoever comes after a kill knows by it whom to erase
    _list(lake, people)
    files, runs = _erase(settings, lake, found, dg.DagsterInstance.get(), None)
    say(f"erased       {files} files of the lake were rewritten, {runs} run records of Dagster deleted")
    if not settings.published_dir.exists():
        say("published    nothing was published yet; the next run builds from what is left")
        is_published = True
    else:
        is_published = _publish_anew(settings, now, say)
    _say_landing(settings.landing_dir, found, say)
    if not is_published:
        say(
            "failed       raw, quarantine and journal hold the person no more, but the versions published "
            "before still do. See why the run failed, then run credits forget again."
        )
    return is_published


def _erase(
    settings: Settings, lake: Lake, found: Found, instance: dg.DagsterInstance, run_id: str | None
) -> tuple[int, int]:
    """Everywhere but in what is published; returns how many files and run records were changed."""
    forgotten, mentions = lake.forgotten, found.mentions
    runs = 0

    def look_elsewhere() -> None:
        nonlocal runs
        are_mentioned = mentioned_by(mentions, forgotten)
        Journal(settings.journal_dir).redact(are_mentioned)
        runs = delete_runs(instance, settings, are_mentioned, but=run_id)

    files = erase_people(lake, forgotten, found, before_names=look_elsewhere)
    remove_derived(settings)
    forgotten.settle()
    return files, runs


def remove_derived(settings: Settings) -> None:
    """Remove what was made from raw and is made again by the next run; what is published stays."""
    warehouse_of(settings).remove()
    remove_verification(settings)
    # what another engine has left here goes, too
    files = [*settings.data_dir.glob("warehouse.duckdb*"), settings.data_dir / "dbt.log"]
    folders = [settings.models_dir, settings.data_dir / "tmp", settings.spark_dir]
    for dbt in settings.data_dir.glob("dbt*/"):
        files += [*dbt.glob("*.log*"), dbt / "run_results.json"]
        folders += [dbt / "compiled", dbt / "run"]
    for file in files:
        file.unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _publish_anew(settings: Settings, now: datetime, say: Say) -> bool:
    """The nightly job on the lake alone, up to the day published; older versions go with its success."""
    stand = stand_of(settings.published_dir)
    as_of = stand.as_of if stand else None
    return run_nightly(settings, as_of=as_of, now=now, full_refresh=True, is_loading=False, say=say)


def _is_published_without(settings: Settings, lake: Lake) -> bool:
    """Whether every version on disk was made after everyone on the list was forgotten."""
    if lake.forgotten.is_pending:
        return False
    versions = [*other_versions(settings.data_dir), settings.published_dir]
    stands = [stand_of(version) for version in versions if version.exists()]
    return all(stand is not None and stand.people == people_now(lake, settings) for stand in stands)


def _refuse_other_pseudonyms(settings: Settings) -> None:
    stand, pseudonyms = stand_of(settings.published_dir), pseudonyms_of(settings)
    served = stand.people.partition(".")[2] if stand else ""
    if stand and (served if served != "0" else "") != (pseudonyms.fingerprint if pseudonyms else ""):
        raise OtherPseudonyms(
            "forgetting publishes anew, and must call everyone else as before; what is published was made "
            f"{'with' if served not in ('', '0') else 'without'} pseudonyms, or with another secret. Set "
            "CREDITS_PSEUDONYMISE and CREDITS_PSEUDONYM_SECRET as for the nightly run."
        )


def _describe(found: Found, rejected: int, say: Say, *, verb: str) -> None:
    spaces = sorted(workspace for workspace, _ in found.people if workspace != ANY)
    say(f"forgetting   a member of {', '.join(spaces) or 'no workspace any more'}")
    for feed, rows in found.rows.items():
        if rows:
            say(f"             {rows:,} rows of {feed} {verb} rewritten; their numbers stay")
    if rejected:
        say(f"             {rejected:,} lines in quarantine {verb} erased; rule and remedy stay")
    if not any(found.rows.values()) and not rejected:
        say("             nothing in the lake names the member; what is published is made anew")


def _say_landing(landing: Path, found: Found, say: Say) -> None:
    left = landing_files_left(landing, found)
    if left:
        listed = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        say(f"landing      {len(left)} delivered files in {landing} still hold the person: {listed}.")
        say("             They are yours to delete; delivered again, they do not bring the person back.")
