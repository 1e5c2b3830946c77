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


@dataclass(frozen=True)
class MartContent:
    """The content of one mart; the order of its rows does not count.

    Attributes:
        form: another one where a type, a comment or the way of writing is another.
        parts: number and hash of the rows of each month, by its first day; of all rows in a mart that is not
            compared by month.
    """

    form: str
    parts: dict[str, str]

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return self.rows_before(None)

    def rows_before(self, month: str | None) -> int:
        """The number of rows of the months before this one."""
        return sum(int(part.split(":")[0]) for day, part in self.parts.items() if not month or day < month)

    def changed_since(self, before: MartContent | None) -> str | None:
        """The first month that is another than before, if some months before it are the same."""
        if before is None or before.form != self.form:
            return None
        months = sorted(self.parts.keys() | before.parts.keys())
        changed = [month for month in months if self.parts.get(month) != before.parts.get(month)]
        return changed[0] if changed and changed[0] > months[0] else None


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
        dated_by: the column of the day, of marts that are compared by month.
        written_as: what else decides on the files of a mart; it must convert to JSON.
    """
    described = connection.execute(_DESCRIPTIONS).fetchall()
    contents = {}
    for name in marts:
        quoted = name.replace('"', '""')
        month = f"strftime({dated_by[name]}, '%Y-%m-01')" if name in dated_by else "''"
        # hashed twice: the last column alone is mixed in by xor, and a boolean has few bits
        parts = connection.execute(
            f"select {month}, count(*) || ':' || sum(hash(hash(mart)))"
            f' from marts."{quoted}" as mart group by 1 order by 1'
        ).fetchall()
        columns = [of_column for mart, *of_column in described if mart == name]
        # DuckDB promises its hashes within one release only
        form = json.dumps([duckdb.__version__, written_as, columns])
        contents[name] = MartContent(sha256(form.encode()).hexdigest(), dict(parts))
    return contents
