"""`credits doctor`: what is wrong with the set-up, and what to do.

What is looked at does not belong here: that is doctor/.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestration.cli.options import (
    EXIT_FAILED,
    data_dir_option,
    landing_option,
    pseudonymise_option,
    say_progress,
)
from orchestration.cli.output import FORMATS, Output, rows_options, say_lines
from orchestration.settings import PROJECT_DIR, SettingsError, use

if TYPE_CHECKING:
    from orchestration.health.doctor.finding import Finding


@click.command(epilog="Exit codes: 0 no problem, though there may be warnings; 1 a problem; 2 wrong use.")
@landing_option
@data_dir_option
@pseudonymise_option
@rows_options(default="text", forms=("text", *FORMATS))
def doctor(landing: Path | None, data_dir: Path | None, pseudonymise: bool, output: Output) -> None:
    """Check the set-up: machine, packages, folders, disk, settings, the state of the data.

    Says of each whether it is ok, a warning or a problem, and what to do. Changes nothing. Whether data is
    unharmed is asked with: credits verify.
    """
    findings = []
    for finding in _findings(landing, data_dir, pseudonymise):
        findings.append(finding)
        if output.form == "text":
            say_lines([f"{finding.check:<12} {finding.state}: {finding.found}"])
            if finding.remedy:
                say_lines([f"             {finding.remedy}"])
    if output.form != "text":
        import pyarrow as pa

        names = ("check", "state", "found", "remedy")
        output.write_listed([vars(each) for each in findings], pa.schema([(n, pa.string()) for n in names]))
    raise SystemExit(EXIT_FAILED if any(each.state == "problem" for each in findings) else 0)


def _findings(landing: Path | None, data_dir: Path | None, pseudonymise: bool) -> Iterator[Finding]:
    from orchestration.health.doctor import machine, places, project, state
    from orchestration.health.doctor.finding import Finding

    yield machine.check_python(PROJECT_DIR, running=platform.python_version())
    yield machine.check_packages(PROJECT_DIR)
    yield machine.check_time_zones()
    try:
        settings = use(landing_dir=landing, data_dir=data_dir, pseudonymise=pseudonymise)
    except SettingsError as error:
        yield Finding("settings", "problem", str(error), "Then ask again: all else depends on the settings.")
        return
    os.chdir(settings.dagster_home)
    yield Finding("settings", "ok", "all can be used")
    yield machine.check_memory(settings.memory_limit)
    yield places.check_landing(settings.landing_dir)
    yield places.check_writable(settings.data_dir)
    yield places.check_space(settings.data_dir)
    yield places.check_file_system(settings.data_dir)
    home = places.check_dagster_home(settings.dagster_home)
    yield home
    yield state.check_lock(settings.data_dir)
    yield state.check_warehouse(settings)
    yield state.check_published(settings, now=datetime.now(UTC))
    say_progress("asking Dagster and dbt")
    if home.state != "problem":
        yield state.check_last_run(settings)
    yield state.check_people(settings)
    yield project.check_schedule(settings)
    yield project.check_dbt(settings.dbt_dir)
