"""A check that a table has as many rows as expected: in an empty table nothing else can fail.

Not here: which tables must have rows (the suite of each layer).
"""

from expectations.gates import Check


def row_count_check(name: str, *, table: str, expected: str, why: str, remedy: str) -> Check:
    """The check, over the rows of all batches; a count reads next to nothing of them.

    Args:
        name: of the check.
        table: schema.table.
        expected: tables, each with an optional `where`; the table must have the rows of the first less those
            of the others: `"raw.members"`, `"raw.events minus raw.repeats where is_new"`.
        why: what goes wrong for readers of the marts if the rule is broken.
        remedy: what to do about it.
    """
    counts = [f"(select count(*) from {part})" for part in expected.split(" minus ")]
    return Check(
        name=name,
        rule=f"{table} has as many rows as {expected}",
        cases=f"""
            select actual.row_count as actual, expected.row_count as expected
            from (select count(*) as row_count from {table}) as actual
            cross join (select {" - ".join(counts)} as row_count) as expected
            where actual.row_count <> expected.row_count
        """,
        found="{actual} rows, expected {expected}",
        why=why,
        remedy=remedy,
    )
