"""What may still mention a person after an erasure: other spellings, and names inside other texts.

It is only found, never erased: a product may be called like a person. What is erased is in `erase`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.lake.batch_writer import DELIVERIES, QUARANTINE
from orchestration.lake.erasure.erase import PersonalData, erase, erase_rejects
from orchestration.lake.lake import Lake
from orchestration.landing.contract import FEEDS

# a shorter term is in every other text
_SHORTEST = 4
_TOKEN = "forgotten"
_NO_TEXT = {"content_hash", "file_sha256"}


def possible_mentions(lake: Lake, found: PersonalData) -> dict[str, int]:
    """Rows by table and column that an erasure leaves, and that hold a term in some spelling.

    Those are: letters composed or not, in any case or width, percent-encoded, or within another word.
    """
    terms = {term for term in map(_plain, found.terms) if len(term) >= _SHORTEST}
    counts: Counter[str] = Counter()
    for table, rows in _left(lake, found) if terms else ():
        for column in rows.schema:
            if pa.types.is_string(column.type) and column.name not in _NO_TEXT:
                texts = rows[column.name]
                hits = [text for text in texts.unique().to_pylist() if text and _holds(text, terms)]
                if hits:
                    is_hit = pc.is_in(texts, value_set=pa.array(hits, pa.string()))
                    counts[f"{table}.{column.name}"] += int(pc.sum(is_hit).as_py() or 0)
    return dict(sorted(counts.items()))


def _left(lake: Lake, found: PersonalData) -> Iterator[tuple[str, pa.Table]]:
    """The tables of the lake as an erasure leaves them."""
    mentions = found.mentions
    tokens = dict.fromkeys(found.people, _TOKEN)
    for table in (*FEEDS, QUARANTINE, DELIVERIES):
        for path in lake.paths(table):
            rows = pq.read_table(path)
            if table == QUARANTINE:
                rows = erase_rejects(rows, mentions.mask)
            elif table in FEEDS:
                rows = erase(table, rows, tokens.get, mentions.mask)
            yield table, rows


def _holds(text: str, terms: set[str]) -> bool:
    plain = _plain(text)
    return any(term in plain for term in terms)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unquote(text)).casefold()
