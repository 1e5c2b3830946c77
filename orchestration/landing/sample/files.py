"""Writes sample landing files: the same bytes every time, complete files only, no foreign file overwritten.

Not here: the content (write.py for the team of five, load.py for loads of any size).
"""

import csv
import gzip
import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

FEEDS = (
    "generation_events",
    "content_outcomes",
    "event_retractions",
    "credit_entries",
    "workspaces",
    "members",
    "products",
    "credit_packs",
    "budgets",
)
EVENTS, OUTCOMES, RETRACTIONS, ENTRIES, WORKSPACES, MEMBERS, PRODUCTS, PACKS, BUDGETS = FEEDS


class SampleError(ValueError):
    """A sample that cannot be written as asked; the message states the rule, the value and the remedy."""


@dataclass(frozen=True)
class SampleReport:
    """What was written.

    Attributes:
        files: paths relative to the sample's folder, sorted.
        lines: delivered rows by feed, planted faults included.
        credits: credits of all distinct valid generations, retracted ones included, failed ones too.
    """

    files: tuple[str, ...]
    lines: Mapping[str, int]
    credits: Decimal


class LandingWriter:
    """Writes a planned set of files in one folder; all are complete before any of them gets its name."""

    def __init__(self, out: Path, planned: Iterable[str]) -> None:
        """Raises SampleError if a feed folder of `out` holds files that are not `planned`."""
        self.out, self.planned = out, frozenset(planned)
        self.stage = out / ".sample-part"
        self.lines: dict[str, int] = dict.fromkeys(FEEDS, 0)
        refuse_foreign_files(out, self.planned)
        shutil.rmtree(self.stage, ignore_errors=True)

    def put(self, name: str, part: bytes, *, rows: int = 0) -> None:
        """Appends to a file (one gzip member when its name ends in .gz) and counts the rows for its feed."""
        if name not in self.planned:
            raise SampleError(f"a sample writes only planned files; found {name!r}. Add it to `planned`.")
        staged = self.stage / name
        staged.parent.mkdir(parents=True, exist_ok=True)
        with staged.open("ab") as file:
            # no time in the header: the same sample is the same bytes on every day
            file.write(gzip.compress(part, compresslevel=4, mtime=0) if name.endswith(".gz") else part)
        feed = name.split("/")[0]
        if feed in self.lines:
            self.lines[feed] += rows

    def publish(self, credits_used: Decimal) -> SampleReport:
        """Renames every file to its name, removes planned files of an earlier sample, and reports."""
        written = {p.relative_to(self.stage).as_posix() for p in self.stage.rglob("*") if p.is_file()}
        for name in sorted(self.planned):
            if name in written:
                (self.out / name).parent.mkdir(parents=True, exist_ok=True)
                (self.stage / name).replace(self.out / name)
            else:
                (self.out / name).unlink(missing_ok=True)
        shutil.rmtree(self.stage)
        return SampleReport(tuple(sorted(written)), dict(self.lines), credits_used)


def refuse_foreign_files(out: Path, planned: frozenset[str]) -> None:
    """Raises SampleError when a feed folder of `out` holds a file this sample would not overwrite."""
    for feed in FEEDS:
        for path in sorted((out / feed).rglob("*")):
            name = path.relative_to(out).as_posix()
            if not path.is_dir() and name not in planned:
                raise SampleError(
                    f"a sample is written only into feed folders that are empty or hold the same sample; "
                    f"found {name!r} in {str(out)!r}. Choose another folder, or move that file away."
                )


def jsonl(rows: Iterable[Mapping[str, object]]) -> bytes:
    """One JSON object a line, columns without a value left out."""
    dumped = (json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) for row in rows)
    return "".join(line + "\n" for line in dumped).encode()


def csv_table(rows: Sequence[Mapping[str, object]]) -> bytes:
    """A CSV with a header; the columns are those of the first row, null is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def stable_id(prefix: str, *parts: object) -> str:
    """An id that looks random and is the same in every run: prefix and 20 hex digits."""
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return f"{prefix}_{digest[:20]}"
