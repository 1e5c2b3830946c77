"""Two published versions held against each other, mart by mart and row by row, by DuckDB.

Not here: how either came about. The journal of runs is left out, since it is not made from raw.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.publish.versions.export import DATABASE_NAME, MART_KEYS

JOURNAL_MARTS = ("data_quality", "forecast_accuracy", "restatements")
# older vintages are the journal; that of as_of is a mart like any other
VINTAGE_MARTS = ("depletion_forecast",)
SHOWN = 5
_NAMES = ("served", "recomputed")


@dataclass(frozen=True)
class MartComparison:
    """How one mart compares.

    Attributes:
        mart: its name.
        rows: how many are served.
        differing: how many rows are not the same, or are in one of both only.
        differences: the first few in words: key, column, both values.
    """

    mart: str
    rows: int
    differing: int
    differences: tuple[str, ...] = ()


def compare_versions(
    served: Path, recomputed: Path, *, as_of: date, memory_limit: str, spill_to: Path
) -> Iterator[MartComparison]:
    """Every mart but the journal, in the order of their names; the order of rows does not count.

    Args:
        served: the folder of a version.
        recomputed: that of another one.
        as_of: the day both report up to.
        memory_limit: what DuckDB may use, such as "6GB".
        spill_to: a folder for what does not fit.
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
                yield _of_other_shape(mart, first.get(mart), second.get(mart))
            else:
                where = f"where as_of = date '{as_of}'" if mart in VINTAGE_MARTS else ""
                yield _Mart(connection, mart, tuple(first[mart]), where).comparison()


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


def _of_other_shape(
    mart: str, served: dict[str, str] | None, recomputed: dict[str, str] | None
) -> MartComparison:
    if served is None or recomputed is None:
        return MartComparison(mart, 0, 1, (f"is in {_NAMES[served is None]} only",))
    odd = [
        f"column {name}: served {served.get(name, 'nothing')}, recomputed {recomputed.get(name, 'nothing')}"
        for name in {**served, **recomputed}
        if served.get(name) != recomputed.get(name)
    ]
    return MartComparison(mart, 0, 1, tuple(odd or ["the columns are in another order"]))


@dataclass(frozen=True)
class _Mart:
    """One mart in both versions, with the same columns."""

    connection: duckdb.DuckDBPyConnection
    mart: str
    columns: Sequence[str]
    where: str

    def comparison(self) -> MartComparison:
        counts = [self._one(f"select count(*) from {name}.marts.{self.mart} {self.where}") for name in _NAMES]
        for kept, name, other in (("gone", *_NAMES), ("come", *reversed(_NAMES))):
            self.connection.execute(
                f"create or replace temp table {kept} as select * from {name}.marts.{self.mart} {self.where}"
                f" except select * from {other}.marts.{self.mart} {self.where}"
            )
        differing = self._one(f"select count(*) from {self._joined()}")
        differences = tuple(self._differences()) if differing else ()
        if not differing and counts[0] != counts[1]:
            # `except` compares sets
            differing = abs(counts[0] - counts[1])
            differences = (f"served {counts[0]:,} rows, recomputed {counts[1]:,}: some more than once",)
        return MartComparison(self.mart, counts[0], differing, differences)

    @property
    def _key(self) -> Sequence[str]:
        return MART_KEYS.get(self.mart, self.columns)

    def _joined(self) -> str:
        meet = " and ".join(f'gone."{key}" is not distinct from come."{key}"' for key in self._key)
        return (
            "(select *, true as is_there from gone) as gone"
            f" full join (select *, true as is_there from come) as come on {meet}"
        )

    def _differences(self) -> Iterator[str]:
        order = ", ".join(f'coalesce(gone."{key}", come."{key}")' for key in self._key)
        rows = self.connection.execute(
            f"select gone.*, come.* from {self._joined()} order by {order} limit {SHOWN}"
        ).fetchall()
        for row in rows:
            half = len(row) // 2
            served, recomputed = row[:half], row[half:]
            is_served, is_recomputed = served[-1], recomputed[-1]
            told = dict(zip(self.columns, served if is_served else recomputed, strict=False))
            where = ", ".join(f"{key} {told[key]}" for key in self._key)
            if not (is_served and is_recomputed):
                yield f"{where}: only in {_NAMES[not is_served]}"
                continue
            for column, mine, other in zip(self.columns, served, recomputed, strict=False):
                if mine != other:
                    yield f"{where}: {column}: served {_written(mine)}, recomputed {_written(other)}"

    def _one(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


def _written(value: object) -> str:
    return "null" if value is None else str(value)
