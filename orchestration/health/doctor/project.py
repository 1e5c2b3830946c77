"""The project itself: whether dbt can read its models, and Dagster its schedule.

What they compute does not belong here.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.health.doctor.finding import Finding
from orchestration.settings import Settings


def check_dbt(dbt_dir: Path) -> Finding:
    """Whether dbt can parse the models; what it writes for that is removed again."""
    from orchestration.warehouse.dbt_build import DbtFailed, DbtProject

    try:
        with TemporaryDirectory(prefix="credits-doctor-") as folder:
            manifest = json.loads(DbtProject(dbt_dir, target_dir=Path(folder)).manifest_path.read_text())
    except (DbtFailed, OSError) as error:
        return Finding(
            "dbt",
            "problem",
            " ".join(str(error).split())[:500],
            f"Correct the file it names, or bring {dbt_dir} back to what was released (git status shows "
            "what was changed).",
        )
    kinds = [node["resource_type"] for node in manifest["nodes"].values()]
    return Finding("dbt", "ok", f"{kinds.count('model')} models and {kinds.count('test')} tests parse")


def check_schedule(settings: Settings) -> Finding:
    """Whether Dagster can tell when the nightly run is due."""
    from orchestration.defs.jobs import nightly_schedule

    when = f"{settings.schedule_cron} in {settings.schedule_timezone}"
    try:
        nightly_schedule(settings)
    except Exception as error:  # Dagster's own, which only defs/ may name
        return Finding(
            "schedule",
            "problem",
            " ".join(str(error).split()),
            "Set CREDITS_SCHEDULE_CRON to five fields such as 0 2 * * *, or unset it.",
        )
    return Finding("schedule", "ok", when)
