"""What tells the content of two marts apart: a hash of their rows, columns, comments and way of writing.

Not here: what is done with a mart that did not change (export.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        rows: their number.
        fingerprint: another one where a row, a type, a comment or the way of writing is another.
    """

    rows: int
    fingerprint: str


def contents_of(
    connection: duckdb.DuckDBPyConnection, marts: Sequence[str], *, written_as: object
) -> dict[str, MartContent]:
    """The content of each mart of the connection's database.

    The rows of two contents are taken as the same if there are as many, and their 64-bit hashes have one sum.

    Args:
        marts: tables and views of schema `marts`.
        written_as: what else decides on the files of a mart; it must convert to JSON.
    """
    described = connection.execute(_DESCRIPTIONS).fetchall()
    contents = {}
    for name in marts:
        quoted = name.replace('"', '""')
        hashes = f'select count(*), cast(sum(hash(mart)) as varchar) from marts."{quoted}" as mart'
        rows, hashed = connection.execute(hashes).fetchall()[0]
        columns = [of_column for mart, *of_column in described if mart == name]
        # DuckDB promises its hashes within one release only
        parts = [duckdb.__version__, written_as, columns, hashed]
        contents[name] = MartContent(rows, sha256(json.dumps(parts).encode()).hexdigest())
    return contents
