"""The code location: every asset, check, job and schedule, with policy applied once.

What a step does does not belong here: that is defs/.
"""

import dagster as dg

from expectations.suites.by_layer import GATES
from orchestration.defs.alerts import alerts_sensor
from orchestration.defs.checks import layer_gate
from orchestration.defs.dbt_layers import LAYERS, dbt_layer
from orchestration.defs.forecast import budget_forecast, depletion, forecast_scores, models
from orchestration.defs.jobs import nightly_schedule
from orchestration.defs.ledger import credit_ledger
from orchestration.defs.policy import with_policy
from orchestration.defs.progress import progress_logger
from orchestration.defs.published import journal_tables, published_marts, served_tables
from orchestration.defs.published_today import published_today
from orchestration.defs.pull import after, pull_assets
from orchestration.defs.raw import landing_feeds, raw
from orchestration.defs.resources import RunContext
from orchestration.defs.sent import SENT
from orchestration.defs.spikes import usage_spikes
from orchestration.defs.suggestions import suggestions
from orchestration.defs.torn_warehouse import set_torn_warehouse_aside
from orchestration.defs.version_changes import version_changes
from orchestration.defs.waste import waste_classifier
from orchestration.lake.lake import Lake
from orchestration.runs.job_tags import DATA_DIR_TAG, JOB_NAME
from orchestration.runs.warehouse_factory import open_dbt, open_warehouse
from orchestration.settings import Settings, use
from orchestration.warehouse.journal import Journal


def build(settings: Settings) -> dg.Definitions:
    """Everything Dagster knows of this project, for one data directory."""
    dbt = open_dbt(settings)
    layers = {layer: dbt_layer(layer, manifest=dbt.manifest_path) for layer in LAYERS}
    schedule = nightly_schedule(settings)
    pulls = pull_assets(settings)
    nightly: dg.AssetSelection = dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()
    if pulls and not settings.pull:
        nightly -= dg.AssetSelection.assets(*pulls) | dg.AssetSelection.checks_for_assets(*pulls)
    job = dg.define_asset_job(
        JOB_NAME,
        selection=nightly,
        tags={DATA_DIR_TAG: str(settings.data_dir)},
        hooks={set_torn_warehouse_aside},
        description="The nightly run: landing files to published marts, with a gate after each layer.",
    )
    return dg.Definitions(
        assets=with_policy(
            [
                *landing_feeds,
                *journal_tables,
                *served_tables,
                *pulls,
                after(pulls, raw) if settings.pull else raw,
                *layers.values(),
                credit_ledger,
                models,
                depletion,
                budget_forecast,
                forecast_scores,
                usage_spikes,
                waste_classifier,
                suggestions,
                version_changes,
                published_marts(sorted(_marts(layers), key=str)),
                *(SENT[name] for name in settings.publish),
            ]
        ),
        asset_checks=[layer_gate(layer) for layer in GATES],
        jobs=[job],
        schedules=[schedule],
        # DuckDB has one writer, and a process per step doubles the time of a small run
        executor=dg.in_process_executor,
        sensors=[published_today(settings, schedule), alerts_sensor(settings)],
        loggers={"progress": progress_logger},
        resources={
            "run": RunContext.configure_at_launch(data_dir=str(settings.data_dir)),
            "settings": settings,
            "lake": Lake(settings.lake_dir, options=settings.read_options),
            "warehouse": open_warehouse(settings),
            "journal": Journal(settings.journal_dir, has_pseudonyms=bool(settings.pseudonymise)),
            "dbt": dbt,
        },
    )


def _marts(layers: dict[str, dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """The published tables; what is built with them only serves them."""
    return [key for key in layers["marts"].keys if key.path[0] == "marts"]


@dg.definitions
def defs() -> dg.Definitions:
    """The code location, as `dagster dev` and `dagster-webserver` load it."""
    return build(use())
