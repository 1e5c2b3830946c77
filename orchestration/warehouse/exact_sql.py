"""Expressions of SQL that keep credits exact between Python and the warehouse."""


def credits_of(name: str) -> str:
    """SQL: whole micro-credits in `name`_micro as exact credits."""
    return f"cast(cast({name}_micro as decimal(38, 0)) * 0.000001 as decimal(38, 6)) as {name}"
