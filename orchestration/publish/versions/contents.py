"""What tells the content of two marts apart: a hash of their rows, columns, comments and way of writing.

Not here: what is done with a mart that did not change (export.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import duckdb

_DESCRIPTIONS = """
    select table_name as mart, column_index, column_name, data_type, comment
    from duckdb_columns() where database_name = current_database() and schema_name = 'marts'
    union all by name
    select table_name as mart, comment
    from duckdb_tables() where database_name = current_database() and schema_name = 'marts'
    union all by name
    select view_name as mart, comment
    from duckdb_views() where database_name = current_database() and schema_name = 'marts'
    order by all
"""


# hashed twice: the last column alone is mixed in by xor, and a boolean has few bits
ROW_HASH = "hash(hash(mart))"


@dataclass(frozen=True)
class MartContent:
    """The content of one mart; the order of its rows does not count.

    Attributes:
        form: another one where a type, a comment or the way of writing is another.
        parts: number and hash of the rows of each day; of all rows in a mart that is not compared by days.
    """

    form: str
    parts: dict[str, str]

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return sum(map(self.rows_of, self.parts))

    def rows_of(self, part: str) -> int:
        """The number of rows of a part."""
        return int(self.parts[part].split(":")[0])

    def changed_parts(self, before: MartContent | None) -> set[str] | None:
        """The parts that are others than before, come and gone ones too; None if no part is the same."""
        if before is None or before.form != self.form:
            return None
        all_parts = self.parts.keys() | before.parts.keys()
        changed = {part for part in all_parts if self.parts.get(part) != before.parts.get(part)}
        return changed if changed != all_parts else None


def contents_of(
    connection: duckdb.DuckDBPyConnection,
    marts: Sequence[str],
    *,
    dated_by: Mapping[str, str],
    written_as: object,
) -> dict[str, MartContent]:
    """The content of each mart of the connection's database.

    The rows of two contents are taken as the same if there are as many, and their 64-bit hashes have one sum.

    Args:
        marts: tables and views of schema `marts`.
        dated_by: the column of the day, of marts that are compared by days.
        written_as: what else decides on the files of a mart; it must convert to JSON.
    """
    described = connection.execute(_DESCRIPTIONS).fetchall()
    contents = {}
    for name in marts:
        quoted = name.replace('"', '""')
        part = dated_by.get(name, "''")
        parts = connection.execute(
            f'select {part}, count(*), sum({ROW_HASH}) from marts."{quoted}" as mart group by 1 order by 1'
        ).fetchall()
        columns = [of_column for mart, *of_column in described if mart == name]
        # DuckDB promises its hashes within one release only
        form = json.dumps([duckdb.__version__, written_as, columns])
        hashes = {str(day): f"{count}:{total}" for day, count, total in parts}
        contents[name] = MartContent(sha256(form.encode()).hexdigest(), hashes)
    return contents
