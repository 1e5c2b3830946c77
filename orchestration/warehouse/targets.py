"""Which engine holds the working warehouse."""

from __future__ import annotations

from orchestration.settings import Settings
from orchestration.warehouse.duckdb_warehouse import DuckDBWarehouse
from orchestration.warehouse.interface import Warehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """That of the target chosen."""
    if settings.target == "spark":
        # PyHive is there only where a cluster is used
        from orchestration.warehouse.spark_warehouse import SparkWarehouse

        return SparkWarehouse(
            settings.spark_url,
            prefix=settings.schema_prefix,
            folder=settings.spark_dir,
            files=settings.spark_files,
            manifest=settings.dbt_target_dir / "manifest.json",
        )
    return DuckDBWarehouse(settings.warehouse_path, memory_limit=settings.memory_limit)
