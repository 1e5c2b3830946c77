"""Erases a person: from the lake and the journal, and by rebuilding all else without them.

Which cells are erased does not belong here: that is lake/erasure/.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import dagster as dg

from orchestration.lake.erasure.erase import (
    PersonalData,
    count_mentions,
    find_personal_data,
    landing_files_left,
    members_with_id,
)
from orchestration.lake.erasure.forgotten_list import ANY, Person
from orchestration.lake.erasure.possible_mentions import possible_mentions
from orchestration.lake.lake import Lake
from orchestration.operations.nightly import run_nightly
from orchestration.publish.versions.build import other_versions
from orchestration.publish.versions.history import read_run_state
from orchestration.runs.erasing import erase_stored, list_people
from orchestration.runs.lock import lock
from orchestration.runs.people import people_now, pseudonyms_of
from orchestration.settings import Settings
from orchestration.visible_text import counted

Echo = Callable[[str], None]


class OtherPseudonyms(ValueError):
    """The published version names people by other pseudonyms than this command would."""


class UnknownMember(ValueError):
    """No delivered row has this member id."""


def forget_member(
    settings: Settings, *, member_id: str, workspace_id: str | None, dry_run: bool, now: datetime, echo: Echo
) -> bool:
    """Erase a member of one workspace, or of all, and publish again.

    Returns:
        Whether the person is erased everywhere; if not, the lines echoed say what remains to be done.

    Raises:
        UnknownMember: no row and no rejected line has the id.
        OtherPseudonyms: publishing again would rename everyone else.
        DataDirectoryLocked: a run holds the data directory.
    """
    with lock(settings.data_dir):
        lake = Lake(settings.lake_dir)
        _refuse_other_pseudonyms(settings)
        people = members_with_id(lake, member_id, workspace_id)
        found = find_personal_data(lake, {*people, (ANY, member_id)})
        rejected = count_mentions(lake, found.mentions)
        is_listed = lake.forgotten.token((workspace_id or ANY, member_id)) is not None
        if not people and not rejected and not is_listed:
            where = f"workspace {workspace_id!r}" if workspace_id else "any workspace"
            raise UnknownMember(
                f"Only a delivered member can be erased; {where} has none with the id {member_id!r}. "
                "Give member_id as the deliveries have it; case matters."
            )
        if not people and not rejected and _is_published_without(settings, lake):
            echo("forgotten    This member was already erased; nothing in this data directory mentions them.")
            _echo_landing(settings.landing_dir, found, echo)
            return True
        _describe(found, rejected, echo, verb="would be" if dry_run else "will be")
        if dry_run:
            _echo_possible(possible_mentions(lake, found), echo)
        else:
            return _forget(settings, lake, {*people, (ANY, member_id)}, found, now, echo)
        _echo_landing(settings.landing_dir, found, echo)
        return True


def _forget(
    settings: Settings, lake: Lake, people: set[Person], found: PersonalData, now: datetime, echo: Echo
) -> bool:
    # first: after an interruption, the list says whom to erase
    list_people(lake, people)
    files, runs = erase_stored(settings, lake, found, dg.DagsterInstance.get(), None)
    records = counted(runs, "run record")
    echo(f"erased       {counted(files, 'file')} of the lake rewritten, {records} of Dagster deleted")
    if not settings.published_dir.exists():
        echo("published    nothing yet; the next run builds from what is left")
        is_published = True
    else:
        is_published = _publish_again(settings, now, echo)
    _echo_landing(settings.landing_dir, found, echo)
    if not is_published:
        echo(
            "failed       The person is erased from raw, quarantine and journal, but not from the versions "
            "published before. Fix the cause of the failed run, then run credits forget again."
        )
    return is_published


def _publish_again(settings: Settings, now: datetime, echo: Echo) -> bool:
    """Run the nightly job on the lake alone, up to the published day; its success removes older versions."""
    run_state = read_run_state(settings.published_dir)
    as_of = run_state.as_of if run_state else None
    return run_nightly(settings, as_of=as_of, now=now, full_refresh=True, is_loading=False, echo=echo)


def _is_published_without(settings: Settings, lake: Lake) -> bool:
    """Whether every version on disk was built after everyone on the list was erased."""
    if lake.forgotten.is_pending:
        return False
    versions = [*other_versions(settings.data_dir), settings.published_dir]
    run_states = [read_run_state(version) for version in versions if version.exists()]
    return all(
        run_state is not None and run_state.people == people_now(lake, settings) for run_state in run_states
    )


def _refuse_other_pseudonyms(settings: Settings) -> None:
    run_state, pseudonyms = read_run_state(settings.published_dir), pseudonyms_of(settings)
    served = run_state.people.partition(".")[2] if run_state else ""
    if run_state and (served if served != "0" else "") != (pseudonyms.fingerprint if pseudonyms else ""):
        raise OtherPseudonyms(
            "Erasing publishes again, and must name everyone else as before; the published version was built "
            f"{'with' if served not in ('', '0') else 'without'} pseudonyms, or with another secret. Set "
            "CREDITS_PSEUDONYMISE and CREDITS_PSEUDONYM_SECRET as for the nightly run."
        )


def _describe(found: PersonalData, rejected: int, echo: Echo, *, verb: str) -> None:
    spaces = sorted(workspace for workspace, _ in found.people if workspace != ANY)
    echo(f"forgetting   a member of {', '.join(spaces) or 'no workspace'}")
    for feed, rows in found.rows.items():
        if rows:
            echo(f"             {counted(rows, 'row')} of {feed} {verb} rewritten; their figures stay")
    if rejected:
        echo(f"             {counted(rejected, 'line')} in quarantine {verb} erased; rule and remedy stay")
    if not any(found.rows.values()) and not rejected:
        echo("             nothing in the lake names the member; the published version is rebuilt")


def _echo_possible(counts: dict[str, int], echo: Echo) -> None:
    """What an erasure leaves, since it may mean something else."""
    for column, rows in counts.items():
        possible = f"{counted(rows, 'row')} of {column} may mention them"
        echo(f"left         {possible}: another spelling, or part of a text")
    if counts:
        echo("             These stay as they are. Look at them; deliver corrected rows if they do.")


def _echo_landing(landing: Path, found: PersonalData, echo: Echo) -> None:
    left = landing_files_left(landing, found)
    if left:
        listed = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
        files = counted(len(left), "delivered file")
        echo(f"landing      the person is still mentioned in {files} of {landing}: {listed}.")
        echo("             Delete them yourself; if loaded again, they do not restore the person.")
