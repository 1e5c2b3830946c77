"""Deliveries with a defect in the file itself, each with its expected outcome.

Values that break the contract are in broken_values.py; the tests load the deliveries and check them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from faults.hostile_parquet import aborting_parquet, lying_parquet

from orchestration.landing.options import ReadOptions

Row = dict[str, object]
# limits that a small file can exceed
CAPS = ReadOptions(max_line_bytes=8192, free_bytes=262_144)
FEED = "generation_events"


@dataclass(frozen=True)
class Expected:
    """The expected outcome of one file.

    Attributes:
        file: its name under the landing directory.
        rule: the rule that refuses the file or its lines, None if all of it loads.
        lines, accepted, quarantined: its counts in the manifest.
        accepted_ids: of the rows that load, in order.
        refused: number and text of each line that does not load; a number of None is the whole file.
        status: its status in the manifest.
        stored: values expected in the lake, by event id and column.
    """

    file: str
    rule: str | None
    lines: int
    accepted: int
    quarantined: int
    accepted_ids: tuple[str, ...]
    refused: tuple[tuple[int | None, str | None], ...] = ()
    status: str = "loaded"
    stored: tuple[tuple[str, str, object], ...] = ()


Injector = Callable[[list[Row], Random, Path], list[Expected]]


def ids_of(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(str(row["event_id"]) for row in rows)


def json_lines(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def csv_records(rows: Sequence[Row]) -> list[str]:
    """The header and each record, without line ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().splitlines()


def write(folder: Path, name: str, data: bytes) -> str:
    """Write a file and return its name under the landing directory."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return f"{folder.name}/{name}"


def loaded(file: str, rows: Sequence[Row]) -> Expected:
    """A file of which every row loads."""
    return Expected(file, None, len(rows), len(rows), 0, ids_of(rows))


def refused(file: str, rule: str) -> Expected:
    """A file that is refused as a whole."""
    return Expected(file, rule, 0, 0, 0, (), ((None, None),), "rejected")


def partly_refused(file: str, rows: Sequence[Row], rule: str, lines: dict[int, str]) -> Expected:
    """A file of which the rows with these numbers (from 1), of these texts, are refused."""
    kept = [row for number, row in enumerate(rows, start=1) if number not in lines]
    count = len(rows)
    texts = tuple(sorted(lines.items()))
    return Expected(file, rule, count, len(kept), len(lines), ids_of(kept), texts)


def sample_numbers(rows: Sequence[Row], rng: Random) -> list[int]:
    """Up to three row numbers, from 1, and never all rows."""
    return sorted(rng.sample(range(1, len(rows) + 1), rng.randint(1, min(3, len(rows) - 1))))


def packed(data: bytes, kind: str) -> bytes:
    return gzip.compress(data, mtime=0) if kind == "gz" else zstandard.compress(data)


def _truncated_gzip(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    data = gzip.compress(json_lines(rows))
    file = write(folder, "cut.jsonl.gz", data[: rng.randrange(2, len(data))])
    return [refused(file, "file.gzip")]


def _wrong_crc(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    data = bytearray(gzip.compress(json_lines(rows)))
    data[-8 + rng.randrange(4)] ^= 1 << rng.randrange(8)
    return [refused(write(folder, "crc.jsonl.gz", bytes(data)), "file.gzip")]


def _garbage_after(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    data = gzip.compress(json_lines(rows)) + b"junk" + rng.randbytes(rng.randrange(5000))
    return [refused(write(folder, "garbage.jsonl.gz", data), "file.gzip")]


def _members(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    # a member may end in the middle of a line
    data = json_lines(rows)
    cuts = sorted(rng.randrange(1, len(data)) for _ in range(3))
    parts = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [loaded(write(folder, "members.jsonl.gz", b"".join(map(gzip.compress, parts))), rows)]


def _misleading_name(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    data = json_lines(rows)
    name, found = rng.choice(
        [
            *(("plain.jsonl.gz", data), ("plain.jsonl.zst", data)),
            *(("packed.jsonl", packed(data, "gz")), ("packed.jsonl", packed(data, "zst"))),
            *(("other.jsonl.gz", packed(data, "zst")), ("other.jsonl.zst", packed(data, "gz"))),
        ]
    )
    return [loaded(write(folder, name, found), rows)]


def _bomb(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    kind = rng.choice(["gz", "zst"])
    unpacked = json_lines(rows) + rng.choice([b"\n", b" ", b"x"]) * (4 << 20)
    return [refused(write(folder, f"bomb.jsonl.{kind}", packed(unpacked, kind)), "file.ratio")]


def _half_line(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    whole = json_lines(rows[:-1])
    last = json.dumps(rows[-1])
    half = last[: rng.randrange(1, len(last))]
    file = write(folder, "half.jsonl", whole + half.encode())
    return [partly_refused(file, rows, "json", {len(rows): half})]


def _empty_file(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    return [loaded(write(folder, rng.choice(["e.jsonl", "e.json", "e.csv", "e.jsonl.gz"]), b""), [])]


def _header_only(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    end = rng.choice(["", "\n", "\r\n"])
    return [loaded(write(folder, "header.csv", (csv_records(rows)[0] + end).encode()), [])]


def _blank_lines(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    blanks = [b"\n", b"\r\n", b" \t\n", b"\n\n\n"]
    data = b"".join(rng.choice(blanks) + json_lines([row]) for row in rows) + rng.choice(blanks)
    return [loaded(write(folder, "blank.jsonl", data), rows)]


def _cut_parquet(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target)
    data = target.getvalue()
    return [refused(write(folder, "cut.parquet", data[: rng.randrange(1, len(data))]), "file.parquet")]


def _ends_its_reader(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    return [refused(write(folder, "aborts.parquet", aborting_parquet()), "file.unreadable")]


def _lying_sizes(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    return [refused(write(folder, "lies.parquet", lying_parquet(rng)), "file.ratio")]


def _quadratic(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    header, line = "event_id,occurred_at,credits\n", 'ab","\n'
    text = header + line * rng.randrange(20_000, 40_000)
    return [refused(write(folder, "quotes.csv", text.encode()), "file.csv_quotes")]


def _same_bytes(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    copies = [write(folder, f"same-{n}.jsonl", json_lines(rows)) for n in range(rng.randint(2, 4))]
    aliases = [Expected(file, None, 0, 0, 0, (), status="alias") for file in copies[1:]]
    return [loaded(copies[0], rows), *aliases]


def _long_line(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    lines, long = [json.dumps(row) for row in rows], {}
    for number in sample_numbers(rows, rng):
        size = CAPS.max_line_bytes + rng.randrange(1, 100_000)
        lines[number - 1] = json.dumps(rows[number - 1] | {"model": "x" * size})
        long[number] = lines[number - 1][:65_536]
    file = write(folder, "long.jsonl", "\n".join(lines).encode())
    return [partly_refused(file, rows, "line.length", long)]


def _symbolic_link(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    outside = folder.parents[1] / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret.jsonl").write_bytes(json_lines(rows))
    target = rng.choice([outside / "secret.jsonl", outside, Path("/dev/zero"), outside / "nowhere"])
    (folder / "link.jsonl").symlink_to(target)
    return [refused(f"{folder.name}/link.jsonl", "file.kind")]


def _fifo(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    os.mkfifo(folder / "pipe.jsonl")
    return [refused(f"{folder.name}/pipe.jsonl", "file.kind")]


def _directory(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    return [loaded(write(folder, "folder.jsonl/deeper.csv/a.jsonl", json_lines(rows)), rows)]


_NAMES = (
    *("'; drop table raw.deliveries;--.jsonl", '".jsonl', "a\nb\r.jsonl", "*?[a-z].jsonl", "%2e%2e%2f.jsonl"),
    *("a\\..\\..\\b.jsonl", "a...jsonl.jsonl", "שלום.jsonl", "\u202egpj.jsonl", "e\u0301🙂.jsonl", " .jsonl"),
    *("{{ x }}.jsonl", "$(id).jsonl", "-rf.jsonl", "x=1/y=2.jsonl", "a" * 240 + ".jsonl"),
)


def _hostile_name(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    return [loaded(write(folder, rng.choice(_NAMES), json_lines(rows)), rows)]


def _bom(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    if rng.random() < 0.5:
        return [loaded(write(folder, "bom.jsonl", b"\xef\xbb\xbf" + json_lines(rows)), rows)]
    text = "\n".join(csv_records(rows))
    return [loaded(write(folder, "bom.csv", b"\xef\xbb\xbf" + text.encode()), rows)]


def _utf_16(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    data = json_lines(rows).decode().encode(encoding)
    return [refused(write(folder, "utf16.jsonl", data), "file.encoding")]


def _line_ends(end: bytes) -> Injector:
    def inject(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
        data, name = json_lines(rows), "ends.jsonl"
        if rng.random() < 0.5:
            data, name = ("\n".join(csv_records(rows)) + "\n").encode(), "ends.csv"
        data = data.replace(b"\n", end)
        return [loaded(write(folder, name, data.removesuffix(end) if rng.random() < 0.5 else data), rows)]

    return inject


def _bad_bytes(bad: Sequence[bytes], rule: str) -> Injector:
    def inject(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
        lines, texts = json_lines(rows).splitlines(), {}
        for number in sample_numbers(rows, rng):
            line = lines[number - 1]
            position = rng.randrange(2, len(line))
            line = lines[number - 1] = line[:position] + rng.choice(bad) + line[position:]
            texts[number] = line.decode("utf-8", "backslashreplace")
        return [partly_refused(write(folder, "bytes.jsonl", b"\n".join(lines)), rows, rule, texts)]

    return inject


def broken_lines(name: str, rule: str, break_line: Callable[[Row, Random], str]) -> Injector:
    """Replace some lines of a file."""

    def inject(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
        lines = [json.dumps(row) for row in rows]
        texts = {number: break_line(rows[number - 1], rng) for number in sample_numbers(rows, rng)}
        for number, text in texts.items():
            lines[number - 1] = text
        return [partly_refused(write(folder, name, "\n".join(lines).encode()), rows, rule, texts)]

    return inject


def _twice_a_key(row: Row, rng: Random) -> str:
    name = rng.choice(list(row))
    return json.dumps(row)[:-1] + f", {json.dumps(name)}: {json.dumps(row[name])}}}"


def _nested(row: Row, rng: Random) -> str:
    depth = rng.choice([65, 100, 1000, 3000])
    opened, closed = rng.choice([("[", "]"), ('{"a":', "}")])
    depth = min(depth, 7000 // len(opened + closed))
    return json.dumps(row)[:-1] + f', "attributes": {opened * depth}1{closed * depth}}}'


def _ragged_csv(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    records, texts = csv_records(rows), {}
    for number in sample_numbers(rows, rng):
        record = records[number]
        texts[number] = records[number] = rng.choice(
            [record + ",", record + ",x,y", record.rsplit(",", 1)[0]]
        )
    expected = partly_refused(
        write(folder, "ragged.csv", "\n".join(records).encode()), rows, "csv.cells", texts
    )
    return [_below_a_header(expected)]


def _unclosed_quote(rows: list[Row], rng: Random, folder: Path) -> list[Expected]:
    records = csv_records(rows)
    number = rng.randint(1, len(rows))
    cells = records[number].split(",")
    column = rng.randrange(len(cells))
    cells[column] = '"' + cells[column]
    records[number] = ",".join(cells)
    data = "\n".join(records).encode()
    expected = partly_refused(write(folder, "quote.csv", data), rows, "csv.syntax", {number: records[number]})
    return [_below_a_header(expected)]


def _below_a_header(expected: Expected) -> Expected:
    texts = tuple((number + 1, text) for number, text in expected.refused if number is not None)
    return replace(expected, refused=texts)


FILE_FAULTS: dict[str, Injector] = {
    "truncated gzip": _truncated_gzip,
    "gzip with a wrong CRC": _wrong_crc,
    "gzip followed by garbage": _garbage_after,
    "concatenated gzip members": _members,
    "a name with the wrong compression suffix": _misleading_name,
    "a decompression bomb": _bomb,
    "half-written last line": _half_line,
    "empty file": _empty_file,
    "header only": _header_only,
    "blank lines": _blank_lines,
    "cut Parquet": _cut_parquet,
    "a Parquet file that ends its reader": _ends_its_reader,
    "a Parquet file that lies about its sizes": _lying_sizes,
    "input whose reading could grow with its square": _quadratic,
    "same bytes under another name": _same_bytes,
    "a line over the cap": _long_line,
    "a symbolic link": _symbolic_link,
    "a FIFO": _fifo,
    "a directory named like a file": _directory,
    "hostile file names": _hostile_name,
    "a BOM": _bom,
    "UTF-16": _utf_16,
    "CRLF": _line_ends(b"\r\n"),
    "CR only": _line_ends(b"\r"),
    "invalid UTF-8": _bad_bytes([b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80"], "utf8"),
    "a NUL byte": _bad_bytes([b"\0"], "text.nul"),
    "duplicate JSON keys": broken_lines("keys.jsonl", "json.duplicate_key", _twice_a_key),
    "deep nesting": broken_lines("deep.jsonl", "json.depth", _nested),
    "ragged CSV": _ragged_csv,
    "an unclosed CSV quote": _unclosed_quote,
}
