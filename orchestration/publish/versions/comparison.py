"""Compares two published versions, mart by mart and row by row, in DuckDB.

Not here: how either was built. The journal of runs is left out, since it is not computed from raw.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.publish.versions.export import DATABASE_NAME, MART_KEYS
from orchestration.visible_text import counted

JOURNAL_MARTS = (
    "chargeback_daily",
    "chargeback_monthly",
    "data_quality",
    "forecast_accuracy",
    "restatements",
)
# older vintages come from the journal; only that of as_of is compared
VINTAGE_MARTS = ("depletion_forecast",)
SHOWN = 5
_NAMES = ("served", "recomputed")


@dataclass(frozen=True)
class MartComparison:
    """The comparison of one mart.

    Attributes:
        mart: its name.
        rows: number of served rows.
        differing: number of rows that differ, or are in one version only.
        differences: the first few as text: key, column, both values.
    """

    mart: str
    rows: int
    differing: int
    differences: tuple[str, ...] = ()


def compare_versions(
    served: Path, recomputed: Path, *, as_of: date, memory_limit: str, spill_to: Path
) -> Iterator[MartComparison]:
    """Compare every mart but the journal, in the order of their names; the order of rows does not count.

    Args:
        served: the folder of a version.
        recomputed: the folder of another one.
        as_of: the day both report up to.
        memory_limit: of DuckDB, such as "6GB".
        spill_to: a folder for intermediate results that do not fit into memory.
    """
    config: dict[str, str | bool | int | float | list[str]]
    config = {"memory_limit": memory_limit, "temp_directory": str(spill_to)}
    with duckdb.connect(config=config) as connection:
        for name, folder in zip(_NAMES, (served, recomputed), strict=True):
            database = str(folder / DATABASE_NAME).replace("'", "''")
            connection.execute(f"attach '{database}' as {name} (read_only)")
        first, second = (_columns_by_mart(connection, name) for name in _NAMES)
        for mart in sorted((first.keys() | second.keys()) - set(JOURNAL_MARTS)):
            if first.get(mart) != second.get(mart):
                yield _compare_columns(mart, first.get(mart), second.get(mart))
            else:
                where = f"where as_of = date '{as_of}'" if mart in VINTAGE_MARTS else ""
                yield _MartRows(connection, mart, tuple(first[mart]), where).compare()


def _columns_by_mart(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where database_name = $database and schema_name = 'marts' order by table_name, column_index",
        {"database": database},
    ).fetchall()
    marts: dict[str, dict[str, str]] = {}
    for mart, column, kind in rows:
        marts.setdefault(mart, {})[column] = kind
    return marts


def _compare_columns(
    mart: str, served: dict[str, str] | None, recomputed: dict[str, str] | None
) -> MartComparison:
    if served is None or recomputed is None:
        return MartComparison(mart, 0, 1, (f"is in {_NAMES[served is None]} only",))
    differences = [
        f"column {name}: served {served.get(name, 'nothing')}, recomputed {recomputed.get(name, 'nothing')}"
        for name in {**served, **recomputed}
        if served.get(name) != recomputed.get(name)
    ]
    return MartComparison(mart, 0, 1, tuple(differences or ["the columns are in another order"]))


@dataclass(frozen=True)
class _MartRows:
    """One mart in both versions, with the same columns."""

    connection: duckdb.DuckDBPyConnection
    mart: str
    columns: Sequence[str]
    where: str

    def compare(self) -> MartComparison:
        counts = [self._one(f"select count(*) from {name}.marts.{self.mart} {self.where}") for name in _NAMES]
        for table, name, other in (("removed", *_NAMES), ("added", *reversed(_NAMES))):
            self.connection.execute(
                f"create or replace temp table {table} as select * from {name}.marts.{self.mart} {self.where}"
                f" except select * from {other}.marts.{self.mart} {self.where}"
            )
        differing = self._one(f"select count(*) from {self._joined()}")
        differences = tuple(self._differences()) if differing else ()
        if not differing and counts[0] != counts[1]:
            # `except` compares sets
            differing = abs(counts[0] - counts[1])
            differences = (
                f"served {counted(counts[0], 'row')}, recomputed {counts[1]:,}: some more than once",
            )
        return MartComparison(self.mart, counts[0], differing, differences)

    @property
    def _key(self) -> Sequence[str]:
        return MART_KEYS.get(self.mart, self.columns)

    def _joined(self) -> str:
        condition = " and ".join(f'removed."{key}" is not distinct from added."{key}"' for key in self._key)
        return (
            "(select *, true as is_present from removed) as removed"
            f" full join (select *, true as is_present from added) as added on {condition}"
        )

    def _differences(self) -> Iterator[str]:
        order = ", ".join(f'coalesce(removed."{key}", added."{key}")' for key in self._key)
        rows = self.connection.execute(
            f"select removed.*, added.* from {self._joined()} order by {order} limit {SHOWN}"
        ).fetchall()
        for row in rows:
            half = len(row) // 2
            served, recomputed = row[:half], row[half:]
            is_served, is_recomputed = served[-1], recomputed[-1]
            values = dict(zip(self.columns, served if is_served else recomputed, strict=False))
            key = ", ".join(f"{column} {values[column]}" for column in self._key)
            if not (is_served and is_recomputed):
                yield f"{key}: only in {_NAMES[not is_served]}"
                continue
            for column, before, after in zip(self.columns, served, recomputed, strict=False):
                if before != after:
                    yield f"{key}: {column}: served {_written(before)}, recomputed {_written(after)}"

    def _one(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


def _written(value: object) -> str:
    return "null" if value is None else str(value)
