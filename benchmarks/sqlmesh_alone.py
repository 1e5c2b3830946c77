"""SQLMesh on the queries that dbt compiled, in an environment of its own; alternatives.py runs it.

    python benchmarks/sqlmesh_alone.py --work DIR --memory-limit 8GB

Not here: whether its figures are those that are published (alternatives.py).
"""

import argparse
import json
import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from sqlmesh import Context
from sqlmesh.core.config import Config, DuckDBConnectionConfig, GatewayConfig, ModelDefaultsConfig


def build(work: Path, *, memory_limit: str) -> None:
    """Build every model into `work/sqlmesh/warehouse.duckdb`; what dbt does not build is copied there first.

    Args:
        work: the folder that dbt alone left, with its manifest and its warehouse.
        memory_limit: of DuckDB, such as "8GB".
    """
    folder = work / "sqlmesh"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    manifest = json.loads((work / "manifest.json").read_text(encoding="utf-8"))
    database = folder / "warehouse.duckdb"
    copy_sources(manifest, work / "warehouse.duckdb", database)
    # as in dbt_project/profiles.yml
    settings = {"TimeZone": "UTC", "memory_limit": memory_limit, "preserve_insertion_order": False}
    settings |= {"disabled_optimizers": "build_side_probe_side"}
    connection = DuckDBConnectionConfig(database=str(database), connector_config=settings)
    (folder / "models").mkdir()
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral":
            (folder / "models" / f"{node['name']}.sql").write_text(model_of(node), encoding="utf-8")
    context = Context(
        paths=[str(folder)],
        config=Config(
            gateways={"here": GatewayConfig(connection=connection)},
            default_gateway="here",
            model_defaults=ModelDefaultsConfig(dialect="duckdb"),
            disable_anonymized_analytics=True,
        ),
    )
    context.plan(auto_apply=True, no_prompts=True, skip_tests=True)


def model_of(node: Mapping[str, Any]) -> str:
    """The text of a model of SQLMesh, with the query that dbt compiled."""
    name = node["relation_name"].replace('"', "")
    kind = "VIEW" if node["config"]["materialized"] == "view" else "FULL"
    return f"MODEL (name {name}, kind {kind}, dialect duckdb, optimize_query false);\n{node['compiled_code']}"


def copy_sources(manifest: Mapping[str, Any], original: Path, to: Path) -> None:
    """Sources that are views over the lake as views, the tables of Python steps and seeds as tables."""
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    with closing(duckdb.connect(str(to))) as connection:
        connection.execute(f"attach '{original}' as original (read_only)")
        sql = (
            "select schema_name || '.' || view_name, sql from duckdb_views() where database_name = 'original'"
        )
        views = dict(connection.execute(sql).fetchall())
        for source in [*manifest["sources"].values(), *seeds]:
            schema, name = source["schema"], source.get("identifier") or source["name"]
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                views.get(f"{schema}.{name}")
                or f"create table {schema}.{name} as select * from original.{schema}.{name}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks/sqlmesh_alone.py", description=__doc__)
    parser.add_argument("--work", required=True, type=Path, help="what dbt alone left")
    parser.add_argument("--memory-limit", required=True, help="of DuckDB")
    options = parser.parse_args()
    build(options.work, memory_limit=options.memory_limit)


if __name__ == "__main__":
    main()
