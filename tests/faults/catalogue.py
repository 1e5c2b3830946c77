"""Every fault that this system must survive, by name; the tests inject them.

At the end of `make faults` a name that no test injected is listed, and the command fails.
"""

from __future__ import annotations

MACHINE = (
    "killed at a step boundary",
    "killed before a change on disk",
    "killed at a random time, three in a row",
    "reboot: every process dies",
    "working database: WAL cut short",
    "working database: bytes flipped",
    "working database: file cut short",
    "disk full",
    "read-only data directory",
    "two runs at once",
    "a BI tool holds the published files",
    "runs missed",
    "ten times the volume in 1 GB",
    "a critical check fails",
    "SIGTERM during a step",
)
FILES = (
    "truncated gzip",
    "gzip with a wrong CRC",
    "gzip followed by garbage",
    "concatenated gzip members",
    "a name with the wrong compression suffix",
    "a decompression bomb",
    "half-written last line",
    "empty file",
    "header only",
    "blank lines",
    "cut Parquet",
    "same bytes under another name",
    "same name with other bytes",
    "a line over the cap",
    "100,000 tiny files",
    "a symbolic link",
    "a FIFO",
    "a directory named like a file",
    "hostile file names",
    "a file changing while it is read",
    "a BOM",
    "UTF-16",
    "CRLF",
    "CR only",
    "invalid UTF-8",
    "a NUL byte",
    "duplicate JSON keys",
    "deep nesting",
    "ragged CSV",
    "an unclosed CSV quote",
    "broken records of another system",
)
VALUES = (
    "text in a number",
    "NaN",
    "Infinity",
    "1e400",
    "30 digits in a number",
    "negative credits",
    "more than 15 significant digits",
    "future and year-9999 times",
    "epoch seconds",
    "a time without offset",
    "days of 23 and 25 hours",
    "zones +5:30 and +13",
    "a workspace that changes zone",
    "events days late",
    "the same event in two files",
    "same key with other content",
    "a retraction before its event",
    "an outcome before its event",
    "a new column",
    "a required column missing in some rows",
    "a required column renamed",
    "a changed type",
    "an empty day",
    "emoji, RTL, combining and very long names",
    "hostile names in every column",
)
ORDER = ("permuted, split, merged and replayed deliveries",)
NUMBERS = (
    "1,000,000 deliveries with duplicates, late, retracted and bad ones",
    "10,000 reads during publishing",
    "a nightly run without a network",
)
SECTIONS = {
    "crash and machine": MACHINE,
    "files": FILES,
    "values and time": VALUES,
    "order": ORDER,
    "numbers": NUMBERS,
}
ALL = tuple(name for names in SECTIONS.values() for name in names)
