"""SQL that is longer than a few lines: the file sql/<name>.sql next to the module that runs it.

sqlfluff reads these files too (make lint). What the models of dbt compute does not belong here.
"""

from pathlib import Path


def read_sql(module_file: str, name: str, **values: object) -> str:
    """The statement of a file, its `{placeholders}` replaced.

    Args:
        module_file: `__file__` of the module.
        name: of the file, without .sql; a statement that writes a table has the table's name.
        values: one for each placeholder.
    """
    text = Path(module_file).with_name("sql").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return text.strip().format(**values)
