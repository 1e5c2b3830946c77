"""The code location: every asset, check, job and schedule, with policy applied once.

What a step does does not belong here: that is defs/.
"""

import subprocess
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from expectations.suites import GATES
from orchestration.defs.checks import layer_gate
from orchestration.defs.dbt_layers import LAYERS, dbt_layer
from orchestration.defs.forecast import credit_depletion
from orchestration.defs.jobs import JOB_NAME, nightly_schedule
from orchestration.defs.ledger import credit_ledger
from orchestration.defs.progress import progress_logger
from orchestration.defs.published import published_marts
from orchestration.defs.raw import landing_feeds, raw
from orchestration.defs.resources import Night
from orchestration.settings import Settings, use
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.journal import Journal
from orchestration.warehouse.lake import Lake


def dbt_manifest(settings: Settings) -> Path:
    """The dbt manifest of the project as it is on disk, parsed anew when a file of it is newer.

    Raises:
        RuntimeError: dbt cannot parse the project; the message is dbt's.
    """
    manifest = settings.dbt_dir / "target" / "manifest.json"
    sources = [file for kind in ("sql", "yml") for file in settings.dbt_dir.rglob(f"*.{kind}")]
    newest = max(file.stat().st_mtime for file in sources if "target" not in file.parts)
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        parsed = subprocess.run(
            [settings.dbt_executable, "parse", "--quiet", "--profiles-dir", "."],
            cwd=settings.dbt_dir,
            capture_output=True,
            text=True,
            check=False,
        )
        if parsed.returncode != 0:
            raise RuntimeError(f"dbt could not parse {settings.dbt_dir}:\n{parsed.stdout}{parsed.stderr}")
        manifest.touch()
    return manifest


def build(settings: Settings) -> dg.Definitions:
    """Everything Dagster knows of this project, for one data directory."""
    manifest = dbt_manifest(settings)
    layers = {layer: dbt_layer(layer, manifest=manifest) for layer in LAYERS}
    everything = dg.AssetSelection.all()
    job = dg.define_asset_job(
        JOB_NAME,
        selection=everything | dg.AssetSelection.all_asset_checks(),
        description="One whole night: landing files to published marts, every gate in between.",
    )
    return dg.Definitions(
        assets=[
            *landing_feeds,
            raw,
            *layers.values(),
            credit_ledger,
            credit_depletion,
            published_marts(sorted(layers["marts"].keys, key=str)),
        ],
        asset_checks=[layer_gate(layer) for layer in GATES],
        jobs=[job],
        schedules=[nightly_schedule(settings)],
        # DuckDB has one writer, and a process per step doubles the time of a small night
        executor=dg.in_process_executor,
        loggers={"progress": progress_logger},
        resources={
            "night": Night.configure_at_launch(),
            "settings": settings,
            "lake": Lake(settings.lake_dir),
            "warehouse": DuckDBWarehouse(settings.warehouse_path, memory_limit=settings.memory_limit),
            "journal": Journal(settings.journal_dir),
            "dbt": DbtCliResource(
                project_dir=str(settings.dbt_dir),
                profiles_dir=str(settings.dbt_dir),
                dbt_executable=str(settings.dbt_executable),
            ),
        },
    )


defs = build(use())
