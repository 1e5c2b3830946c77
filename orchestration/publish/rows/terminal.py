"""Tables and told lines for a terminal: as wide as it is, with colour where it has one.

Not here: what goes through a pipe or into a file, which is plain (rows_out.py); what the words are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.publish.rows.select import Rows
from orchestration.publish.rows.write import ROWS_SHOWN, first_rows

# what `credits status` and its like put before what they tell
LABEL_WIDTH = 13
# below this many cells a column of text is of no use, and rows are shown one below the other
NARROWEST_COLUMN = 12
# what SIMPLE_HEAD puts between two columns
_BETWEEN = 3
_STATE_STYLES = {
    "ok": "green",
    "passed": "green",
    "success": "green",
    "warning": "yellow",
    "interrupted": "yellow",
    "rolled back": "yellow",
    "problem": "bold red",
    "critical": "bold red",
    "failure": "bold red",
}


def show_rows(rows: Rows, console: Console) -> None:
    """Shows the first rows as a table, or one below the other where the terminal is too narrow for one."""
    columns, cells, numbers, has_more = first_rows(rows)
    show_cells(console, columns, cells, numbers=numbers)
    if has_more:
        console.print(Text(f"(the first {ROWS_SHOWN:,} rows; all of them with --format csv or json)", "dim"))


def show_cells(
    console: Console,
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    *,
    numbers: Sequence[bool],
    title: str = "",
) -> None:
    """Shows written cells as a table; `numbers` says which columns are aligned to the right."""
    if title:
        console.print(Text(title, "bold"))
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    narrow = [
        width if is_number else min(width, max(NARROWEST_COLUMN, cell_len(name)))
        for name, width, is_number in zip(columns, widths, numbers, strict=True)
    ]
    if sum(narrow) + _BETWEEN * len(columns) > console.width:
        _show_records(console, columns, cells)
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for name, is_number in zip(columns, numbers, strict=True):
        table.add_column(
            Text(name),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
            min_width=min(cell_len(name), NARROWEST_COLUMN),
        )
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def show_lines(lines: Iterable[str], console: Console) -> None:
    """Shows lines of a label and a text, `LABEL_WIDTH` cells apart, wrapped below their text."""
    for line in lines:
        label, told = line[:LABEL_WIDTH], line[LABEL_WIDTH:]
        if len(line) <= LABEL_WIDTH or not label.endswith(" "):
            console.print(Text(line))
            continue
        indent = len(told) - len(told.lstrip())
        grid = Table.grid(padding=0)
        grid.add_column(width=LABEL_WIDTH, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(label, "bold"), Padding(_coloured(told.lstrip()), (0, 0, 0, indent)))
        console.print(grid)


def _show_records(console: Console, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    width = max(map(cell_len, columns), default=0)
    for number, row in enumerate(cells, start=1):
        console.print(Text(f"row {number}", "bold dim"))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=width, no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            grid.add_row(Text(name, "bold"), Text(cell))
        console.print(grid)


def _coloured(told: str) -> Text:
    text = Text(told)
    for state, style in _STATE_STYLES.items():
        if told == state or told.startswith((f"{state}:", f"{state},", f"{state} ")):
            text.stylize(style, 0, len(state))
    return text
