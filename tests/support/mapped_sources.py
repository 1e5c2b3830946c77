"""Files of other systems through a mapping and the contract, without a lake."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as ReadMapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.records import Layout, read_records
from orchestration.landing.options import DEFAULT_OPTIONS
from orchestration.landing.rejects import Reject
from orchestration.landing.sources.engine import Mapped, map_records
from orchestration.landing.sources.mapping import Mapping, read_mapping, shipped
from orchestration.landing.sources.paths import read_path
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper

CARDS = (
    {"card": "usd_to_credits", "unit": "usd", "rate": "100"},
    {"card": "tokens", "unit": "input_token", "rate": "0.0003"},
    {"card": "tokens", "unit": "output_token", "rate": "0.0015"},
    {"card": "tokens", "unit": "cache_write_token", "rate": "0.000375"},
    {"card": "tokens", "unit": "cache_read_token", "rate": "0.00003"},
)


@dataclass(frozen=True)
class Loaded:
    """What became of files: typed rows and rejections of each feed."""

    mapped: Mapped
    record_count: int
    feeds: ReadMapping[str, list[dict[str, object]]]
    rejected: list[Reject]

    def table(self, feed: str, columns: str) -> list[str]:
        """Columns (separated by blanks) of a feed's rows, in the order of the records; as `lines`."""
        return [" | ".join(_shown(row[column]) for column in columns.split()) for row in self.feeds[feed]]

    def values(self, feed: str, column: str) -> list[object]:
        """One column of a feed's rows."""
        return [row[column] for row in self.feeds[feed]]

    def total(self, feed: str, column: str) -> Decimal:
        """The sum of a column, the newest version of each event only."""
        newest: dict[object, dict[str, object]] = {}
        for row in self.feeds[feed]:
            key = tuple(row[name] for name in FEEDS[feed].key)
            version = (row.get("revision") or 0, row.get("recorded_at") or row.get("occurred_at"))
            kept = newest.get(key)
            if kept is None or version > (
                kept.get("revision") or 0,
                kept.get("recorded_at") or kept.get("occurred_at"),
            ):
                newest[key] = row
        return sum((Decimal(str(row[column] or 0)) for row in newest.values()), Decimal(0))


def lines(text: str) -> list[str]:
    """The lines of a table whose cells stand between bars; a missing value is -."""
    rows = (line.strip() for line in text.splitlines())
    return [" | ".join(cell.strip() for cell in row.split("|")) for row in rows if row]


def rate_cards(*rates: dict[str, str]) -> RateCards:
    """Cards with rates for every model and day."""
    rows = [
        {
            "card": rate["card"],
            "unit": rate["unit"],
            "model": rate.get("model"),
            "generation_type": None,
            "valid_from": date(2020, 1, 1),
            "valid_to": None,
            "credits_per_unit": Decimal(rate["rate"]),
        }
        for rate in rates
    ]
    schema = pa.schema(
        [
            ("card", pa.string()),
            ("unit", pa.string()),
            ("model", pa.string()),
            ("generation_type", pa.string()),
            ("valid_from", pa.date32()),
            ("valid_to", pa.date32()),
            ("credits_per_unit", pa.decimal128(24, 12)),
        ]
    )
    return RateCards.from_rows(pa.Table.from_pylist(rows, schema))


def load_shipped(
    name: str, *files: Path, cards: Iterable[dict[str, str]] = CARDS, root: Path | None = None
) -> Loaded:
    """Files through the shipped mapping of that name."""
    return load(read_mapping(shipped()[name], name=name), *files, cards=cards, root=root)


def load(
    mapping: Mapping, *files: Path, cards: Iterable[dict[str, str]] = CARDS, root: Path | None = None
) -> Loaded:
    """Files through a mapping, as if `root` (by default the folder of each) were its landing folder."""
    records = pa.concat_tables(_records(file, mapping, root or file.parent) for file in files)
    with duckdb.connect() as connection:
        mapped = map_records(connection, mapping, records, cards=rate_cards(*cards))
        rejected = [reject for _, reject in mapped.rejected]
        feeds: dict[str, list[dict[str, object]]] = {}
        for feed in mapped.feeds:
            typed = RowTyper(connection, FEEDS[feed.feed]).read(feed.documents["document"])
            feeds[feed.feed] = typed.accepted.to_pylist()
            rejected += [row.reject for row in typed.rejected]
    return Loaded(mapped, records.num_rows, feeds, rejected)


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC)
            .replace(tzinfo=None)
            .isoformat(timespec="microseconds")
            .rstrip("0")
            .rstrip(".")
        )
    return "-" if value is None else str(value)


def _records(file: Path, mapping: Mapping, root: Path) -> pa.Table:
    path = read_path(mapping.reads.records).keys if mapping.reads.records else ()
    layout = Layout(records=path, separator=mapping.reads.separator)
    with file.open("rb") as source:
        chunks = list(read_records(source, file_name=file.name, layout=layout, options=DEFAULT_OPTIONS))
    assert not any(chunk.rejected for chunk in chunks)
    texts = [text for chunk in chunks for text in chunk.documents["document"].to_pylist()]
    seen: Counter[str] = Counter()
    occurrences = []
    for text in texts:
        occurrences.append(seen[text])
        seen[text] += 1
    shown = f"{mapping.name}/{file.relative_to(root).as_posix()}"
    return pa.table(
        {
            "record": pa.array(texts, pa.string()),
            "occurrence": pa.array(occurrences, pa.int64()),
            "file_path": pa.array([shown] * len(texts), pa.string()),
        }
    )
