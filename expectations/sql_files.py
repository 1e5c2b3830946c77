"""The SQL of checks that is longer than a few lines: suites/sql/<suite>/<check>.sql, read by sqlfluff too.

What a query checks does not belong here: the suite that uses it says so.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent / "suites" / "sql"


def read_sql(name: str, **values: str) -> str:
    """The query of a file, its `{placeholders}` replaced.

    Args:
        name: path within suites/sql/, without .sql.
        values: one for each placeholder.
    """
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip().format(**values)
