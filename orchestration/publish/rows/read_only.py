"""Opens published marts for readers, so that untrusted SQL can read them and do nothing else.

Not here: the queries (select.py, report/load.py), or the working warehouse, which no reader opens.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# No extension is loaded, and a query too large for memory fails instead of spilling to the published folder.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "allow_community_extensions": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "temp_directory": "",
}
# Disabling external access alone still lets COPY overwrite the opened file and its .wal: the file system has
# to be off, too. The order matters: each setting needs what the next one takes away.
_LOCKED = (
    "set global TimeZone = 'UTC'",
    "set enable_external_access = false",
    "set disabled_filesystems = 'LocalFileSystem'",
    "set lock_configuration = true",
)


def open_published(database: Path, *, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a published credits.duckdb read-only; the caller closes it.

    No statement on the connection can read or write any file, attach a database, load an extension, see a
    variable of this process or of its environment, or change a setting. It can create temporary tables in
    memory. It reads one version, even if another is published meanwhile.

    Args:
        database: the file; it must exist.
        memory_limit: of its queries, such as "6GB"; DuckDB's default otherwise.

    Raises:
        duckdb.Error: it is not a readable database.
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
