"""The project: whether dbt can parse its models, and Dagster its schedule.

What they compute does not belong here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.health.doctor.finding import Finding
from orchestration.settings import Settings
from orchestration.warehouse.dbt_build import DbtFailed, DbtProject

_DAILY = re.compile(r"([0-5]?\d) ([01]?\d|2[0-3]) \* \* (\*|[0-6])")


def check_dbt(dbt: DbtProject) -> Finding:
    """Whether dbt can parse the models, or has parsed them as they are; it leaves nothing behind."""
    try:
        with TemporaryDirectory(prefix="credits-doctor-") as folder:
            manifest_path = dbt.kept_manifest_path
            if manifest_path is None:
                dbt.parse(Path(folder))
                manifest_path = Path(folder) / "manifest.json"
            manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    except (DbtFailed, OSError) as error:
        return Finding(
            "dbt",
            "problem",
            " ".join(str(error).split())[:500],
            f"Correct the file it names, or restore {dbt.project_dir} to the released state (git status "
            "lists the changes).",
        )
    kinds = [node["resource_type"] for node in manifest["nodes"].values()]
    return Finding("dbt", "ok", f"{kinds.count('model')} models and {kinds.count('test')} tests parse")


def check_schedule(settings: Settings) -> Finding:
    """Whether Dagster accepts the schedule of the nightly run."""
    when = f"{settings.schedule_cron} in {settings.schedule_timezone}"
    if _DAILY.fullmatch(settings.schedule_cron):
        return Finding("schedule", "ok", when)
    # Dagster knows the other forms, and takes a second to import
    from orchestration.defs.jobs import nightly_schedule

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
