"""An increment leaves out exactly the models that depend on nothing new."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from support.product import REPO

from orchestration.warehouse.dbt_build import DbtProject
from orchestration.warehouse.dbt_changes import Changes, tables_without_new_rows
from orchestration.warehouse.duckdb import DuckDBWarehouse

DAY_BEFORE = {"known_from": "2026-04-06", "known_to": "2026-04-07"}
SAME_DAY = {"known_from": "2026-04-07", "known_to": "2026-04-07"}
FEEDS = {"events", "members"}
FILES = {
    "dbt_project.yml": "name: credits\nversion: 1.0.0\nprofile: credits\n"
    "flags: {send_anonymous_usage_stats: false}\n"
    "vars: {since_batch: 1, as_of: '2026-04-07', served_batch: 1}\n"
    "models:\n  +schema: facts\n  +materialized: table\n  +incremental_strategy: append\n"
    "  credits: {members_to_day: {+pre-hook: 'delete from t where day > {{ today() }}'}}\n",
    "macros/days.sql": "{% macro day() %}{{ var('as_of') }}{% endmacro %}"
    "{% macro today() %}'{{ day() }}'{% endmacro %}",
    "models/sources.yml": "sources:\n"
    "  - {name: raw, tables: [{name: events}, {name: members}]}\n"
    "  - {name: forecast, tables: [{name: members}]}\n",
    "models/events.sql": "{{ config(materialized='view') }} select * from {{ source('raw', 'events') }}",
    "models/events_to_day.sql": "{{ config(materialized='view') }}"
    " select * from {{ ref('events') }} where day <= {{ today() }}",
    "models/event_counts.sql": "select count(*) as n from {{ ref('events') }}",
    "models/counts_to_day.sql": "select count(*) as n from {{ ref('events_to_day') }}",
    "models/members.sql": "{{ config(materialized='incremental') }} select * from"
    " {{ source('raw', 'members') }} where batch_id > {{ var('since_batch') }}",
    "models/members_to_day.sql": "{{ config(materialized='incremental') }} select * from"
    " {{ source('raw', 'members') }}",
    "models/new_members.sql": "select * from {{ ref('members') }} where batch_id > {{ var('since_batch') }}",
    "models/of_new_members.sql": "select * from {{ ref('new_members') }}",
    "models/unserved.sql": "select * from {{ ref('members') }} where batch_id > {{ var('served_batch') }}",
    "models/paths.sql": "select * from {{ source('forecast', 'members') }}",
}
OF_THIS_RUN = {"new_members", "of_new_members", "unserved", "paths"}
OF_AS_OF = {"events_to_day", "counts_to_day", "members_to_day"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "profiles.yml").write_text((REPO / "dbt_project" / "profiles.yml").read_text())
    return DbtProject(folder, target_dir=folder / "target")


@pytest.mark.parametrize(
    ("variables", "new", "built"),
    [
        (SAME_DAY, set(), OF_THIS_RUN),
        (DAY_BEFORE, set(), OF_THIS_RUN | OF_AS_OF),
        (SAME_DAY, {"events"}, OF_THIS_RUN | {"event_counts", "counts_to_day"}),
        (SAME_DAY, {"members"}, OF_THIS_RUN | {"members", "members_to_day"}),
    ],
)
def test_what_depends_on_nothing_new_is_left_out(
    project: DbtProject, variables: dict[str, str], new: set[str], built: set[str]
) -> None:
    changes = Changes(project.manifest, variables, old_tables=FEEDS - new)
    assert project.relations("facts") - changes.unchanged("facts") == built


def test_only_tables_with_rows_of_a_later_batch_are_new(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for table, batch in (("members", 1), ("products", 2)):
            connection.execute(f"create table raw.{table} as select {batch} as batch_id")
    tables = {"members", "products"}
    assert tables_without_new_rows(DuckDBWarehouse(path), tables, since_batch=1) == {"members"}
    assert tables_without_new_rows(DuckDBWarehouse(path), tables, since_batch=2) == tables
