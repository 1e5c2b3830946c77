"""What the steps ask in DuckDB's SQL is asked of Spark in its own, and means the same there."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
import yaml
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

from expectations.gates import counts_of, first_cases_of
from expectations.runner import fill
from expectations.suites.by_layer import GATES
from orchestration.settings import PROJECT_DIR
from orchestration.warehouse.spark.dialect import spark_sql
from orchestration.warehouse.spark.thrift_server import SESSION, ThriftServer
from orchestration.warehouse.waste_inputs import _part


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("select cast(x as hugeint) as x from t", "SELECT CAST(x AS DECIMAL(38, 0)) AS x FROM t"),
        ("select divide(a + 1, b) as q from t", "SELECT (a + 1) DIV b AS q FROM t"),
        (
            "select divide(cast(a as hugeint), b) as q from t",
            "SELECT (CAST(a AS DECIMAL(38, 0))) DIV b AS q FROM t",
        ),
        ("select * from a semi join b using (k)", "SELECT * FROM a SEMI JOIN b USING (k)"),
        (
            "select date_diff('day', a, b) as n from t order by n",
            "SELECT DATEDIFF(DAY, a, b) AS n FROM t ORDER BY n NULLS LAST",
        ),
        (
            "select * replace (upper(a) as a) from t",
            "SELECT * EXCEPT (a), UPPER(a) AS a FROM t",
        ),
        (
            "select f.* replace (1 as a) from t as f",
            "SELECT f.* EXCEPT (a), 1 AS a FROM t AS f",
        ),
        (
            "with a as materialized (select 1 as x) select x from a",
            "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        ),
    ],
)
def test_duckdb_syntax_is_translated_for_spark(asked: str, expected: str) -> None:
    assert spark_sql(asked) == expected


def test_only_the_schemas_of_the_warehouse_get_the_prefix() -> None:
    asked = "select t.x from facts.t as t join other.u on t.x = u.x join frame on true"
    assert spark_sql(asked, schemas=("facts",), prefix="mine_") == (
        "SELECT t.x FROM mine_facts.t AS t JOIN other.u ON t.x = u.x JOIN frame ON TRUE"
    )


def test_two_ctes_of_one_name_in_subqueries_stay_two() -> None:
    part = "(with a as (select {} as x) select a.x from a)"
    translated = spark_sql(f"select * from {part.format(1)} as p cross join {part.format(2)} as q")
    assert translated == (
        "WITH a_0 AS (SELECT 1 AS x), a_1 AS (SELECT 2 AS x) "
        "SELECT * FROM (SELECT a.x FROM a_0 AS a) AS p CROSS JOIN (SELECT a.x FROM a_1 AS a) AS q"
    )


@pytest.mark.parametrize("layer", GATES)
def test_every_gate_runs_on_either_engine(layer: str) -> None:
    for gate in GATES[layer]:
        for sql in (counts_of((gate,)), *(first_cases_of(check, gate.reads) for check in gate.checks)):
            for since_batch in (None, 3):
                translated = spark_sql(fill(sql, as_of=date(2026, 4, 7), since_batch=since_batch))
                assert "INT128" not in translated and "MATERIALIZED" not in translated


def test_dbt_and_the_steps_set_the_same_session_options() -> None:
    profiles = yaml.safe_load((PROJECT_DIR / "dbt_project" / "profiles.yml").read_text())
    profile = profiles["credits"]["outputs"]["spark"]
    assert profile["server_side_parameters"] == {
        f"set:hiveconf:{name}": value for name, value in SESSION.items()
    }
    # an insert that is sent twice is there twice
    assert profile["query_retries"] == 0


def test_an_address_is_parsed() -> None:
    address = "thrift://{user}:{password}@host:1?auth=ldap".format(user="me", password="a%2Fb")
    assert ThriftServer.from_url(address) == ThriftServer("host", 1, "me", "a/b", "LDAP", None)
    assert ThriftServer.from_url("thrift://host") == ThriftServer("host", 10000, None, None, "NONE", None)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_each_product_belongs_to_one_part(parts: int) -> None:
    products = "(select 'w' as workspace_id, 'p' || range as product_id from range(3000))"
    counts = [
        duckdb.sql(f"select count(*) from {products} where {_part(part, part + 1, parts)}").fetchall()[0][0]
        for part in range(parts)
    ]
    assert sum(counts) == 3000
    assert min(counts) > 3000 / parts * 0.8


@pytest.mark.parametrize("password", ["", "123456", "0x10", "'ab'", "a\\'\"{{ b }}", "None"])
def test_dbt_gets_the_password_as_it_is(password: str) -> None:
    set_invocation_context({"CREDITS_SPARK_PASSWORD": password})
    profile = yaml.safe_load((PROJECT_DIR / "dbt_project" / "profiles.yml").read_text())
    given = ProfileRenderer({}).render_value(profile["credits"]["outputs"]["spark"]["password"])
    assert given == (password or None)
