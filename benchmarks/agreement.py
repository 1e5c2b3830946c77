"""Compares the floor with the published marts, so that it can never drift to doing less.

Credits, counts and texts must be equal, ratios to 1e-9. Not here: how either computes them.
"""

import argparse
import sys
from pathlib import Path

import duckdb

KEYS = {
    "usage_daily": ("workspace_id", "usage_date", "member_id", "product_category", "generation_type"),
    "credit_summary": ("workspace_id", "period"),
    "usage_by_member": ("workspace_id", "period", "member_id"),
    "usage_by_category": ("workspace_id", "period", "product_category"),
    "usage_by_generation_type": ("workspace_id", "period", "generation_type"),
    "waste_by_reason": ("workspace_id", "period", "waste_reason"),
    "generation_details": ("source", "event_id"),
}
# what a load without refunds and variants has nothing of
_REFUNDS = {"refunded_credits", "partly_refunded_credits"}
_COSTS = {"cost", "currency", "unpriced_credits", "wasted_cost"}
# columns the floor does not have: names, the ledger, costs, estimates, what the load has nothing of, and ids
# whose format only the product defines
EXCLUDED = {
    "usage_daily": {"team"} | _REFUNDS | _COSTS,
    "usage_by_member": {"product_credits"} | _COSTS,
    "usage_by_category": {"product_credits"} | _COSTS,
    "usage_by_generation_type": {"product_credits"} | _COSTS,
    "waste_by_reason": _COSTS,
    "credit_summary": {
        *_REFUNDS,
        *_COSTS,
        "refunded_cost",
        "before_ledger",
        "last_usage_date",
        "product_credits",
        "workspace_name",
        "timezone",
        "as_of",
        "window_start_date",
        "window_end_date",
        "allowance",
        "credits_remaining",
        "overage",
        "expected_pending_waste_credits",
        "expected_pending_waste_credits_low",
        "expected_pending_waste_credits_high",
    },
    "generation_details": {
        *_COSTS,
        "team",
        "tags",
        "partly_refunded_credits",
        "variant_count",
        "variant_number",
        "unit_id",
        "episode_id",
        "waste_probability",
        "model_used",
    },
}
RATIO = "DECIMAL(38,12)"
TOLERANCE = "1e-9"
# the floor has no calendar periods
_ROLLING = "period in ('7d', '30d', '90d')"
# a workspace that only bought credits has a summary, but no usage
_BREAKDOWNS = ("usage_by_member", "usage_by_category", "usage_by_generation_type", "waste_by_reason")
COMPARED_ROWS = dict.fromkeys(_BREAKDOWNS, _ROLLING) | {
    "credit_summary": f"{_ROLLING} and workspace_id in (select workspace_id from product.marts.usage_daily)"
}


def differences(floor: Path, published: Path, *, memory_limit: str = "8GB") -> list[str]:
    """The differences, one sentence each; none if the floor and the published marts agree.

    Args:
        floor: the DuckDB file that the floor wrote.
        published: `DATA_DIR/published/credits.duckdb`.
        memory_limit: of DuckDB.
    """
    with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set temp_directory = $spill", {"spill": f"{floor}.spill"})
        for name, file in (("floor", floor), ("product", published)):
            connection.execute(f"attach '{str(file).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        return [sentence for mart in KEYS for sentence in _of_mart(connection, mart)]


def _of_mart(connection: duckdb.DuckDBPyConnection, mart: str) -> list[str]:
    types, floor_types = _types(connection, "product", mart), _types(connection, "floor", mart)
    unexplained = sorted(set(types) - set(floor_types) - EXCLUDED.get(mart, set()))
    if unexplained:
        return [
            f"{mart}: every column must be in floor_marts.sql, or in EXCLUDED; found in neither: "
            f"{', '.join(unexplained)}. Add it to either."
        ]
    compared = {name: kind for name, kind in types.items() if name in floor_types}
    exact = {name: kind for name, kind in compared.items() if kind != RATIO}
    if len(exact) == len(compared) and _fingerprint(connection, mart, exact, "product") == _fingerprint(
        connection, mart, exact, "floor"
    ):
        return []
    return _by_column(connection, mart, compared)


def _types(connection: duckdb.DuckDBPyConnection, database: str, mart: str) -> dict[str, str]:
    described = connection.execute(
        f"select column_name, column_type from (describe {_table(database, mart)})"
    )
    return dict(described.fetchall())


def _table(database: str, mart: str) -> str:
    return f"product.marts.{mart}" if database == "product" else f"floor.{mart}"


def _fingerprint(
    connection: duckdb.DuckDBPyConnection, mart: str, columns: dict[str, str], database: str
) -> tuple[object, ...]:
    """The number of rows and the sum of their hashes: the same for the same rows in any order."""
    listed = ", ".join(f"cast({name} as {kind})" for name, kind in columns.items())
    rows = connection.execute(
        f"select count(*), sum(cast(hash({listed}) as hugeint)) from {_table(database, mart)}"
        f" where {COMPARED_ROWS.get(mart, 'true')}"
    ).fetchall()
    return tuple(rows[0])


def _by_column(connection: duckdb.DuckDBPyConnection, mart: str, columns: dict[str, str]) -> list[str]:
    """Which columns differ, in how many rows, and the first of them."""
    keys = KEYS[mart]
    source = f"(select * from product.marts.{mart} where {COMPARED_ROWS.get(mart, 'true')})"
    matched = " and ".join(f"product.{key} = floor.{key}" for key in keys)
    joined = f"{source} as product full join floor.{mart} as floor on {matched}"
    found = []
    for name, test in {
        "the key": f"product.{keys[0]} is null or floor.{keys[0]} is null",
        **{name: _differs(name, kind) for name, kind in columns.items() if name not in keys},
    }.items():
        shown = name if name in columns else keys[-1]
        row = connection.execute(
            f"select count(*), any_value(({', '.join(f'product.{key}' for key in keys)})), "
            f"any_value(product.{shown}), any_value(floor.{shown}) from {joined} where {test}"
        ).fetchall()[0]
        if row[0]:
            found.append(f"{mart}.{name} differs in {row[0]} rows, as in {row[1]}: {row[2]}, floor {row[3]}")
    return found


def _differs(column: str, kind: str) -> str:
    product, floor = f"product.{column}", f"floor.{column}"
    if kind != RATIO:
        return f"{product} is distinct from {floor}"
    return (
        f"({product} is null) <> ({floor} is null) "
        f"or abs({product} - {floor}) > {TOLERANCE} * greatest(1, abs({product}))"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("--floor", required=True, type=Path, help="the DuckDB file that the floor wrote")
    parser.add_argument("--published", required=True, type=Path, help="DATA_DIR/published/credits.duckdb")
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB [8GB]")
    options = parser.parse_args()
    found = differences(options.floor, options.published, memory_limit=options.memory_limit)
    for sentence in found:
        print(sentence, file=sys.stderr)
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
