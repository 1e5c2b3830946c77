"""`credits doctor`: problems of the installation, and what to do about each.

The checks do not belong here: those are in health/doctor/.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.cli.options import (
    EXIT_FAILED,
    data_dir_option,
    landing_option,
    pseudonymise_option,
)
from orchestration.cli.output import FORMATS, Output, echo_lines, rows_options
from orchestration.health.doctor.finding import Finding


@click.command(
    short_help="Check the installation and the data.",
    epilog="Exit codes: 0 no problem, though there may be warnings; 1 a problem; 2 wrong use.",
)
@landing_option
@data_dir_option
@pseudonymise_option
@rows_options(default="text", formats=("text", *FORMATS))
def doctor(landing: Path | None, data_dir: Path | None, pseudonymise: bool, output: Output) -> None:
    """Check the installation: machine, packages, folders, disk, settings and the state of the data.

    Prints for each check whether it is ok, a warning or a problem, and what to do. Changes nothing. To check
    that no data is damaged, use credits verify.
    """
    findings = []
    for finding in _findings(landing, data_dir, pseudonymise):
        findings.append(finding)
        if output.format == "text":
            echo_lines([f"{finding.check:<12} {finding.state}: {finding.found}"])
            if finding.remedy:
                echo_lines([f"             {finding.remedy}"])
    if output.format != "text":
        import pyarrow as pa

        names = ("check", "state", "found", "remedy")
        output.write_listed([vars(each) for each in findings], pa.schema([(n, pa.string()) for n in names]))
    raise SystemExit(EXIT_FAILED if any(each.state == "problem" for each in findings) else 0)


def _findings(landing: Path | None, data_dir: Path | None, pseudonymise: bool) -> Iterator[Finding]:
    from orchestration.health.doctor import machine
    from orchestration.settings import PROJECT_DIR, SettingsError, use

    yield machine.check_python(PROJECT_DIR, running=platform.python_version())
    yield machine.check_packages(PROJECT_DIR)
    yield machine.check_time_zones()
    try:
        settings = use(landing_dir=landing, data_dir=data_dir, pseudonymise=pseudonymise)
    except SettingsError as error:
        yield Finding(
            "settings", "problem", str(error), "Then check again: the other checks need the settings."
        )
        return
    yield Finding("settings", "ok", "all valid")
    yield machine.check_memory(settings.memory_limit)
    # only now: where a package is missing, these imports fail after it was reported
    from orchestration.health.doctor import folders, project, state
    from orchestration.runs.warehouse_factory import open_dbt

    yield folders.check_landing(settings.landing_dir)
    yield folders.check_writable(settings.data_dir)
    yield folders.check_space(settings.data_dir)
    yield folders.check_file_system(settings.data_dir)
    home = folders.check_dagster_home(settings.dagster_home, is_made=settings.has_own_home)
    yield home
    yield state.check_lock(settings.data_dir)
    yield state.check_warehouse(settings)
    yield state.check_published(settings, now=datetime.now(UTC))
    if home.state != "problem":
        yield state.check_last_run(settings)
    yield state.check_people(settings)
    yield project.check_schedule(settings)
    yield project.check_dbt(open_dbt(settings))
