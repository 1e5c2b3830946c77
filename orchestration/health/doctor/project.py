"""The project: whether dbt can parse its models, and Dagster its schedule.

What they compute does not belong here.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.defs.jobs import nightly_schedule
from orchestration.health.doctor.finding import Finding
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtFailed, DbtProject


def check_dbt(dbt_dir: Path) -> Finding:
    """Whether dbt can parse the models; its artifacts go to a temporary folder."""
    try:
        with TemporaryDirectory(prefix="credits-doctor-") as folder:
            DbtProject(dbt_dir, target_dir=Path(folder)).parse(Path(folder))
            manifest = json.loads((Path(folder) / "manifest.json").read_text())
    except (DbtFailed, OSError) as error:
        return Finding(
            "dbt",
            "problem",
            " ".join(str(error).split())[:500],
            f"Correct the file it names, or restore {dbt_dir} to the released state (git status lists the "
            "changes).",
        )
    kinds = [node["resource_type"] for node in manifest["nodes"].values()]
    return Finding("dbt", "ok", f"{kinds.count('model')} models and {kinds.count('test')} tests parse")


def check_schedule(settings: Settings) -> Finding:
    """Whether Dagster accepts the schedule of the nightly run."""
    when = f"{settings.schedule_cron} in {settings.schedule_timezone}"
    try:
        nightly_schedule(settings)
    except Exception as error:  # Dagster's, which cannot be imported here
        return Finding(
            "schedule",
            "problem",
            " ".join(str(error).split()),
            "Set CREDITS_SCHEDULE_CRON to five fields such as 0 2 * * *, or unset it.",
        )
    return Finding("schedule", "ok", when)
