"""Tables and labelled lines for a terminal: fitted to its width, coloured if it has colours.

Not here: output to a pipe or a file, which is plain (write.py); the texts themselves.
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
from orchestration.visible_text import visible

# of the label that starts each line of `credits status` and similar commands
LABEL_WIDTH = 13
# if a column of text would be narrower, each row is shown as a block of lines
NARROWEST_COLUMN = 12
# cells that SIMPLE_HEAD puts between two columns
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
    """Show the first rows as a table, or as blocks of lines if the terminal is too narrow for one."""
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
    """Show formatted cells as a table; `numbers` marks the columns aligned to the right."""
    if title:
        console.print(Text(visible(title), "bold"))
    columns = [visible(name) for name in columns]
    cells = [[visible(cell) for cell in row] for row in cells]
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
    """Show lines of a label of `LABEL_WIDTH` cells and a text, which wraps below itself."""
    for line in lines:
        line = visible(line)
        label, text = line[:LABEL_WIDTH], line[LABEL_WIDTH:]
        if len(line) <= LABEL_WIDTH or not label.endswith(" "):
            console.print(Text(line))
            continue
        indent = len(text) - len(text.lstrip())
        grid = Table.grid(padding=0)
        grid.add_column(width=LABEL_WIDTH, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(label, "bold"), Padding(_coloured(text.lstrip()), (0, 0, 0, indent)))
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


def _coloured(text: str) -> Text:
    coloured = Text(text)
    for state, style in _STATE_STYLES.items():
        if text == state or text.startswith((f"{state}:", f"{state},", f"{state} ")):
            coloured.stylize(style, 0, len(state))
    return coloured
