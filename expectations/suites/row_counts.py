"""A check that a table has as many rows as are due: an empty table has nothing else to look at.

Not here: which tables must have rows (the suite of each layer).
"""

from expectations.gates import Check


def row_count_check(name: str, *, table: str, due: str, why: str, remedy: str) -> Check:
    """The check, over all rows whenever they were loaded; counting reads next to nothing of them.

    Args:
        name: of the check.
        table: schema.table.
        due: tables, each with an optional `where`, of which the first has the rows that the table shall
            have, less those of the others: `"raw.members"`, `"raw.events minus raw.repeats where is_new"`.
        why: what goes wrong for readers of the marts if nobody looks.
        remedy: what to do about it.
    """
    counts = [f"(select count(*) from {part})" for part in due.split(" minus ")]
    return Check(
        name=name,
        rule=f"{table} has as many rows as {due}",
        cases=f"""
            select told.row_count as told, due.row_count as due
            from (select count(*) as row_count from {table}) as told
            cross join (select {" - ".join(counts)} as row_count) as due
            where told.row_count <> due.row_count
        """,
        found="{told} rows, where {due} are due",
        why=why,
        remedy=remedy,
    )
