"""Compares two published folders: every row and type of every mart, the journal apart; counts other comments.

    python tests/support/compare_published.py DATA_DIR/published OTHER_DATA_DIR/published

Exits with 1 if anything differs. `credits verify` compares a version with its own recomputation; this is for
two releases.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

JOURNAL = {"chargeback_daily", "chargeback_monthly", "data_quality", "forecast_accuracy", "restatements"}
VINTAGES = {"depletion_forecast"}  # the newest vintage is a mart like any other
_COLUMNS = (
    "select column_name, data_type, comment from duckdb_columns() "
    "where database_name = ? and table_name = ? order by column_index"
)


def main(first: Path, second: Path) -> int:
    """Print what differs, and return the number of marts that do."""
    with duckdb.connect() as connection:
        for name, folder in (("a", first), ("b", second)):
            connection.execute(f"attach '{folder / 'credits.duckdb'}' as {name} (read_only)")
        tables = "select database_name, table_name from duckdb_tables() where schema_name = 'marts'"
        found = connection.execute(tables).fetchall()
        marts = {mart for database, mart in found if database == "a"}
        other = {mart for database, mart in found if database == "b"}
        differing, rows, comments = sorted(marts ^ other), 0, 0
        for mart in sorted(marts & other - JOURNAL):
            columns = [connection.execute(_COLUMNS, [name, mart]).fetchall() for name in ("a", "b")]
            comments += sum(one != another for one, another in zip(*columns, strict=False))
            if [column[:2] for column in columns[0]] != [column[:2] for column in columns[1]]:
                differing.append(f"{mart}: columns or types")
                continue
            sides = [_rows(name, mart) for name in ("a", "b")]
            rows += connection.sql(sides[0]).count("*").fetchall()[0][0]
            for one, another in (sides, sides[::-1]):
                if count := len(connection.sql(f"({one}) except all ({another})")):
                    differing.append(f"{mart}: {count} rows")
    sys.stdout.write("\n".join([*differing, f"{rows:,} rows; {comments} column comments differ\n"]))
    return len(differing)


def _rows(database: str, mart: str) -> str:
    newest = f"where as_of = (select max(as_of) from {database}.marts.{mart})" if mart in VINTAGES else ""
    return f"select * from {database}.marts.{mart} {newest}"


if __name__ == "__main__":
    sys.exit(bool(main(*map(Path, sys.argv[1:3]))))
