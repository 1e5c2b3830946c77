"""`credits forget`: a person erased, and everything published anew without them.

What is erased where does not belong here: that is defs/forgetting.py and warehouse/erasure.py.
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


@click.command()
@click.option(
    "--member",
    required=True,
    metavar="ID",
    shell_complete=name_completion.members,
    help="Id of the member, as delivered in member_id.",
)
@workspace_option("Only in this workspace. [default: in all that have a member of that id]")
@click.option(
    "--landing",
    type=click.Path(path_type=Path),
    help="Folder of the landing feeds, to say what of it still holds the person; nothing in it is changed. "
    "[default: $CREDITS_LANDING_DIR, or data/landing]",
)
@data_dir_option
@click.option("--dry-run", is_flag=True, help="Only say what would be rewritten.")
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

    Their id becomes a token that tells nothing, their name, e-mail and team are erased, and what arrives of
    them later is erased on arrival. Everything is built and published anew, and the versions before are
    removed. Run it again if it was interrupted.
    """
    sys.argv[1:] = ["forget"]  # dbt writes the command line into its artefacts
    settings = use_settings(landing_dir=landing, data_dir=data_dir, pseudonymise=pseudonymise)
    if not settings.lake_dir.is_dir():
        fail(f"{settings.data_dir} holds no lake to erase from; run credits run first", EXIT_USAGE)
    from orchestration.operations.forget import OtherPseudonyms, UnknownMember, forget_member
    from orchestration.runs.lock import DataDirectoryLocked
    from orchestration.warehouse.protocol import WarehouseError

    try:
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
    except WarehouseError as error:
        fail(f"not everything is erased yet; run it again once that is mended: {error}")
    except OSError as error:
        fail(f"the data directory {settings.data_dir} must be writable: {error}", EXIT_USAGE)
    raise SystemExit(0 if is_done else EXIT_FAILED)
