"""Which engine holds the working warehouse."""

from __future__ import annotations

import shutil

from orchestration.settings import IS_INSTALLED, Settings
from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.duckdb import DuckDBWarehouse
from orchestration.warehouse.protocol import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse of the configured target."""
    if settings.target == "spark":
        # PyHive is installed only where a cluster is used
        from orchestration.warehouse.spark.warehouse import SparkWarehouse

        return SparkWarehouse(
            settings.spark_url.get_secret_value(),
            prefix=settings.schema_prefix,
            folder=settings.spark_dir,
            files=settings.spark_files.get_secret_value(),
            manifest=lambda: open_dbt(settings).manifest_path,
        )
    return DuckDBWarehouse(settings.warehouse_path, memory_limit=settings.memory_limit)


def open_dbt(settings: Settings) -> DbtProject:
    """The dbt project, for the target chosen."""
    return DbtProject(
        settings.dbt_dir,
        target_dir=settings.dbt_target_dir,
        target=settings.target,
        schema_prefix=settings.schema_prefix,
        is_read_only=IS_INSTALLED,
    )


def remove_verification(settings: Settings) -> None:
    """Remove a verification, its tables on the cluster first: the folder marks that they exist."""
    if settings.verify_dir.exists():
        if settings.target == "spark":
            open_warehouse(settings.model_copy(update={"data_dir": settings.verify_dir})).remove()
        shutil.rmtree(settings.verify_dir)  # links are removed, never what they point to
