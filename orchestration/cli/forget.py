"""`credits forget`: a person erased, and everything rebuilt and published without them.

What is erased does not belong here: that is operations/forget.py and lake/erasure/.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.cli import name_completion
from orchestration.cli.options import (
    EXIT_BUSY,
    EXIT_FAILED,
    EXIT_USAGE,
    data_dir_option,
    fail,
    pseudonymise_option,
    use_settings,
    workspace_option,
)
from orchestration.runs.lock import DataDirectoryLocked


@click.command(short_help="Erase a person; every total stays.")
@click.option(
    "--member",
    required=True,
    metavar="ID",
    shell_complete=name_completion.members,
    help="Id of the member, as delivered in member_id.",
)
@workspace_option("Erase only in this workspace. [default: in all that have a member of that id]")
@click.option(
    "--landing",
    type=click.Path(path_type=Path),
    help="Folder of the landing feeds; files in it that still mention the person are listed, not changed. "
    "[default: $CREDITS_LANDING_DIR, or data/landing]",
)
@data_dir_option
@click.option("--dry-run", is_flag=True, help="Only print what would be rewritten.")
@pseudonymise_option
def forget(
    member: str,
    workspace: str | None,
    landing: Path | None,
    data_dir: Path | None,
    dry_run: bool,
    pseudonymise: bool,
) -> None:
    """Erase a person from raw, quarantine, marts and past versions; every total stays.

    Their id becomes a random token, their name, e-mail and team are erased, and later deliveries about them
    are erased on arrival. Everything is rebuilt and published, and earlier versions are deleted. If it is
    interrupted, run it again.
    """
    sys.argv[1:] = ["forget"]  # dbt writes the command line, which has the id, into its artifacts
    settings = use_settings(landing_dir=landing, data_dir=data_dir, pseudonymise=pseudonymise)
    if not settings.lake_dir.is_dir():
        fail(f"{settings.data_dir} holds no lake to erase from; run credits run first", EXIT_USAGE)
    from orchestration.landing.rejects import LandingError
    from orchestration.operations.forget import OtherPseudonyms, UnknownMember, forget_member
    from orchestration.runs.home import enter_home
    from orchestration.warehouse.protocol import WarehouseError

    try:
        enter_home(settings)
        is_done = forget_member(
            settings,
            member_id=member,
            workspace_id=workspace,
            dry_run=dry_run,
            now=datetime.now(UTC),
            echo=click.echo,
        )
    except (UnknownMember, OtherPseudonyms) as error:
        fail(str(error), EXIT_USAGE)
    except DataDirectoryLocked as error:
        fail(str(error), EXIT_BUSY)
    except (LandingError, WarehouseError) as error:
        fail(f"the erasure is unfinished; fix this, then run the command again: {error}")
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    raise SystemExit(0 if is_done else EXIT_FAILED)
