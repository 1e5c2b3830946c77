"""The data tests of a model in one statement find what dbt finds when it runs them one by one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from support.product import REPO

from orchestration.warehouse.dbt_build import DbtProject, NodeResult

PROJECT = """
name: credits
version: 1.0.0
profile: credits
flags: {send_anonymous_usage_stats: false}
vars: {since_batch: 1}
models: {credits: {+materialized: table, +schema: facts, late: {+schema: marts}}}
"""
MODELS = {
    # a view, which the tests of it read once
    "numbers.sql": "{{ config(materialized='view') }}"
    " select 1 as number, 'a' as name union all select 2, 'b' union all select 2, null",
    "arrived.sql": "{{ config(materialized='view', meta={'tested_rows': 'new_batches'}) }}"
    " select 1 as batch_id union all select 2 union all select 2",
    "names.sql": "select 'a' as name",
    "late/later.sql": "select number + 1 as number from {{ ref('numbers') }}",
    "unbuilt.sql": "select no_column from {{ ref('names') }}",
    "models.yml": """
models:
  - name: numbers
    data_tests:
      - unique_key: {name: number_is_unique, arguments: {columns: [number]}}
      - unique_key: {name: one_is_unique, arguments: {columns: [number]}, config: {where: number = 1}}
      - expression_is_true: {name: small, arguments: {expression: number < 2}, config: {severity: warn}}
      - expression_is_true:
          name: few
          arguments: {expression: number < 2}
          config: {error_if: '> 2', warn_if: '> 2'}
      - expression_is_true: {name: limited, arguments: {expression: number < 2}, config: {limit: 1}}
    columns:
      - name: number
        data_tests:
          - relationships: {name: of_a_later_layer, arguments: {to: ref('later'), field: number}}
      - name: name
        data_tests:
          - accepted_values: {name: is_a_or_b, arguments: {values: [a, b]}}
          - relationships: {name: has_a_name, arguments: {to: ref('names'), field: name}}
  - name: arrived
    data_tests:
      - unique_key: {name: batch_is_unique, arguments: {columns: [batch_id]}}
      - expression_is_true: {name: none_arrived, arguments: {expression: batch_id = 0}}
  - name: names
    data_tests:
      - unique_key: {name: name_is_unique, arguments: {columns: [name]}}
      - expression_is_true: {name: unaskable, arguments: {expression: no_column = 1}}
  - name: unbuilt
    data_tests:
      - unique_key: {name: of_nothing, arguments: {columns: [no_column]}}
""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DbtProject]:
    """A project with the tests of the real one."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("macros", "tests"):
        shutil.copytree(REPO / "dbt_project" / name, folder / name)
    shutil.copy(REPO / "dbt_project" / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "tests" / "no_number_is_2.sql").write_text(
        "select * from {{ ref('numbers') }} where number = 2"
    )
    for name, text in MODELS.items():
        (folder / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "models" / name).write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CREDITS_DATA_DIR", str(folder))
        yield DbtProject(folder, target_dir=folder / "target")


@pytest.fixture(scope="module")
def results(project: DbtProject) -> dict[str, NodeResult]:
    """What became of each node of the first layer, whose model `unbuilt` cannot be built."""
    return {result.name: result for result in project.build("facts", variables={}, is_rebuilt=True)}


def test_a_layer_is_built_and_its_tests_find_what_was_planted(results: dict[str, NodeResult]) -> None:
    found = {
        result.name: (result.passed, result.found) for result in results.values() if result.kind == "test"
    }
    assert "no_column" in found.pop("unaskable")[1]
    assert found == {
        "number_is_unique": (False, "1 failing rows"),
        "one_is_unique": (True, "0 failing rows"),
        "small": (False, "2 failing rows"),
        "few": (True, "0 failing rows"),
        "limited": (False, "1 failing rows"),
        "is_a_or_b": (True, "0 failing rows"),
        "has_a_name": (False, "1 failing rows"),
        "name_is_unique": (True, "0 failing rows"),
        "no_number_is_2": (False, "2 failing rows"),
        "batch_is_unique": (False, "1 failing rows"),
        "none_arrived": (False, "2 failing rows"),  # of three: the others were tested when they arrived
    }
    assert {result.table for result in results.values()} == {
        *("facts.arrived", "facts.numbers", "facts.names", "facts.unbuilt", "dbt_test__audit.no_number_is_2")
    }


def test_they_find_what_dbt_finds_one_by_one(project: DbtProject, results: dict[str, NodeResult]) -> None:
    alone = dbtRunner().invoke(["test", "--select", *results, *project.flags()])
    assert isinstance(alone.result, RunExecutionResult), alone.exception
    expected = {
        result.node.name: (str(result.status) == "pass", f"{result.failures} failing rows")
        for result in alone.result.results
    }
    for name in results.keys() & expected.keys() - {"unaskable", "none_arrived"}:
        assert (results[name].passed, results[name].found) == expected[name], name


def test_a_later_layer_has_the_tests_that_read_it(
    project: DbtProject, results: dict[str, NodeResult]
) -> None:
    later = {result.name: result.passed for result in project.build("marts", variables={})}
    assert later == {"later": True, "of_a_later_layer": False}


def test_only_a_statement_that_fails_is_asked_test_by_test(
    project: DbtProject, results: dict[str, NodeResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    invoke = dbtRunner.invoke

    def keep(self: dbtRunner, words: list[str]) -> dbtRunnerResult:
        asked.append(words)
        return invoke(self, words)

    monkeypatch.setattr(dbtRunner, "invoke", keep)
    assert [
        result.name for result in project.build("facts", variables={}, unchanged=project.relations("facts"))
    ]
    operation, alone = asked
    assert operation[:2] == ["run-operation", "run_data_tests"]
    assert sorted(alone[alone.index("--select") + 1 : alone.index("--vars")]) == [
        *("name_is_unique", "no_number_is_2", "of_nothing", "unaskable")
    ]
