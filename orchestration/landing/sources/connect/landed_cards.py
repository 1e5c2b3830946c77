"""Reads the rate cards that lie in a landing folder, for a dry run; what a run uses, the lake holds."""

from pathlib import Path

import pyarrow as pa

from orchestration.in_memory import in_memory
from orchestration.landing.contract import FEEDS
from orchestration.landing.formats.dispatch import read_documents
from orchestration.landing.options import DEFAULT_OPTIONS
from orchestration.landing.rejects import FileRejected
from orchestration.landing.sources.rate_cards import RateCards
from orchestration.landing.typing.row_typer import RowTyper

_FEED = FEEDS["rate_cards"]


def landed_cards(landing: Path | None) -> RateCards:
    """The rate cards of all files that can be read; of two rows of one rate, that of the last file counts."""
    tables: list[pa.Table] = []
    with in_memory() as connection:
        typer = RowTyper(connection, _FEED)
        for file in sorted((landing / _FEED.name).rglob("*")) if landing else []:
            if file.is_file() and not file.name.startswith((".", "_")):
                tables += _rows(file, typer)
    return RateCards.from_rows(pa.concat_tables(tables)) if tables else RateCards.empty()


def _rows(file: Path, typer: RowTyper) -> list[pa.Table]:
    try:
        with file.open("rb") as content:
            chunks = read_documents(
                content, file_name=file.name, options=DEFAULT_OPTIONS, required=_FEED.required
            )
            return [typer.read(chunk.documents["document"]).accepted for chunk in chunks]
    except FileRejected:
        return []
