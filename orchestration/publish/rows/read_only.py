"""Opens published marts for readers, so that SQL from anywhere can read them and do nothing else.

Not here: what is read (reading.py, extract.py), or the working warehouse, which no reader opens.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# Nothing is loaded from outside, and a query too large for memory fails instead of writing beside the marts.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "allow_community_extensions": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
}
# External access alone leaves the opened file and its .wal open to COPY, which would overwrite them: the
# file system has to be off, too. In this order: each setting needs what the next takes away.
_LOCKED = (
    "set global TimeZone = 'UTC'",
    "set enable_external_access = false",
    "set disabled_filesystems = 'LocalFileSystem'",
    "set lock_configuration = true",
)


def open_published(database: Path, *, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """Opens a published credits.duckdb read-only; the caller closes it.

    No statement on the connection can read or write any file, attach a database, load an extension, see a
    variable of this process or of its environment, or change a setting. Temporary tables, in memory, it can
    make. All of it is of one version, even if another is published meanwhile.

    Args:
        database: the file; it must exist.
        memory_limit: what its queries may use, such as "6GB"; DuckDB's default otherwise.

    Raises:
        duckdb.Error: it is no database that can be read.
    """
    config = _CLOSED | ({} if memory_limit is None else {"memory_limit": memory_limit})
    connection = duckdb.connect(str(database), config=config)
    try:
        # connections of one process to the same file share their settings, which may be locked already
        (is_locked,) = connection.execute("select current_setting('lock_configuration')").fetchall()[0]
        if not is_locked:
            for setting in _LOCKED:
                connection.execute(setting)
    except BaseException:
        connection.close()
        raise
    return connection
