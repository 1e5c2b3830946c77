"""Writes the disposition table of docs/definitions.md from the seed that the models join.

    python docs/rules_document.py

Not here: what the rules are, which dbt_project/seeds/disposition_rules.csv says.
"""

from __future__ import annotations

import csv

from orchestration.settings import PROJECT_DIR

DOCUMENT = PROJECT_DIR / "docs" / "definitions.md"
SEED = PROJECT_DIR / "dbt_project" / "seeds" / "disposition_rules.csv"
_HEAD = "| # | test | disposition | waste_reason |\n|---|---|---|---|\n"


def describe_rules() -> str:
    """The table: a row for each rule, in the order in which they are tried."""
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return _HEAD + "".join(
        "| {rule} | {meaning} | {disposition} | ".format(**row)
        + (f"`{row['waste_reason']}` |\n" if row["waste_reason"] else "|\n")
        for row in rows
    )


def with_rules(text: str) -> str:
    """The document with its table replaced by that of the seed."""
    before, head, rest = text.partition(_HEAD)
    if not head:
        raise ValueError(
            f"{DOCUMENT} must have the table that begins with {_HEAD!r}; it has none. Restore it."
        )
    lines = rest.splitlines(keepends=True)
    after = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return before + describe_rules() + "".join(lines[after:])


if __name__ == "__main__":
    DOCUMENT.write_text(with_rules(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
