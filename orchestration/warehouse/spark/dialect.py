"""Translates DuckDB's SQL for Spark, so that each statement is written once.

Not here: the SQL of the models, whose few differences are macros in dbt_project/macros/engine.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlglot
from sqlglot import exp


def spark_sql(sql: str, *, schemas: Collection[str] = (), prefix: str = "") -> str:
    """One statement for Spark.

    Args:
        sql: the same for DuckDB.
        schemas: those whose names get the prefix.
        prefix: of the databases of one warehouse.
    """
    tree = sqlglot.parse_one(sql, read="duckdb").transform(_for_spark)
    _rename_inner_ctes(tree)
    for table in tree.find_all(exp.Table):
        if table.db in schemas:
            table.set("db", exp.to_identifier(prefix + table.db))
    return tree.sql(dialect="spark")


def _for_spark(node: exp.Expression) -> exp.Expression:
    """What sqlglot leaves as it is, though the engines differ."""
    if isinstance(node, exp.DataType) and node.is_type(exp.DataType.Type.INT128):
        return exp.DataType.build("decimal(38, 0)")
    if isinstance(node, exp.CTE):
        node.set("materialized", None)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "divide":
        dividend, divisor = (operand.transform(_for_spark) for operand in node.expressions)
        return exp.IntDiv(this=exp.Paren(this=dividend), expression=divisor)
    if isinstance(node, exp.Select):
        node.set(
            "expressions", [column for listed in node.expressions for column in _without_replace(listed)]
        )
    return node


def _rename_inner_ctes(tree: exp.Expression) -> None:
    """Give each `with` inside a query names of its own: sqlglot moves them all to the front."""
    inner = [found for found in tree.find_all(exp.With) if found.parent is not tree]
    for number, found in enumerate(sorted(inner, key=lambda with_: with_.depth, reverse=True)):
        assert found.parent is not None
        names = {cte.alias for cte in found.expressions}
        for table in list(found.parent.find_all(exp.Table)):
            if not table.db and table.name in names:
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
                table.set("this", exp.to_identifier(f"{table.name}_{number}"))
        for cte in found.expressions:
            cte.args["alias"].set("this", exp.to_identifier(f"{cte.alias}_{number}"))


def _without_replace(listed: exp.Expression) -> list[exp.Expression]:
    """`* replace (x as a)` as `* except (a), x as a`."""
    star = listed.this if isinstance(listed, exp.Column) else listed
    replaced = star.args.get("replace") if isinstance(star, exp.Star) else None
    if not replaced:
        return [listed]
    star.set("replace", None)
    star.set("except_", [exp.to_identifier(column.alias) for column in replaced])
    return [listed, *replaced]
