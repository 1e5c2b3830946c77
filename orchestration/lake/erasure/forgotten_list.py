"""The list of people who were forgotten, by which whatever still arrives of them is recognised and erased.

How rows already stored are rewritten does not belong here: that is `erasure`.

What remains of a person: `raw/forgotten.json` has a salted hash of workspace and member id beside the token
that stands for them, and the rows keep the content_hash they came with, so that a second delivery of them is
still a second delivery. Neither tells the id; whoever has the files and guesses an id can confirm the guess.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b, sha256
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.durable_files import atomic_write
from orchestration.lake.erasure.mentions import values_in, words_in

FILE = "forgotten.json"
TOKEN_PREFIX = "forgotten-"
# the workspace of outcomes that name none
ANY = ""
ERASED = "it named a person who was forgotten; what it said is erased"
_PERSONAL = ("name", "email", "team")
_FREE_TEXT = {"event_retractions": ("attributes", "reason")}
Person = tuple[str, str]


class Forgotten:
    """Who was forgotten, as hashes with the token that stands for each.

    Attributes:
        is_pending: whether rows stored before may still hold some of them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._salt = secrets.token_bytes(16)
        self._tokens: dict[str, str] = {}
        self._seen: dict[Person, str | None] = {}
        self.is_pending = False
        if (root / FILE).exists():
            told = json.loads((root / FILE).read_text(encoding="utf-8"))
            self._salt, self._tokens = bytes.fromhex(told["salt"]), told["tokens"]
            self.is_pending = told["is_pending"]

    def __bool__(self) -> bool:
        return bool(self._tokens)

    @property
    def fingerprint(self) -> str:
        """Changes with everyone who is forgotten; empty if nobody was."""
        return sha256("\n".join(sorted(self._tokens.values())).encode()).hexdigest()[:16] if self else ""

    def token(self, person: Person) -> str | None:
        """What stands for a workspace's member; None if they were not forgotten."""
        if person not in self._seen:
            self._seen[person] = self._tokens.get(self._hash(person))
        return self._seen[person]

    def add(self, person: Person) -> None:
        """Forget a workspace's member from now on, under a token that nobody can guess."""
        self._tokens.setdefault(self._hash(person), f"{TOKEN_PREFIX}{secrets.token_hex(8)}")
        self.is_pending = True
        self._seen.clear()

    def save(self) -> None:
        """Make the list durable, all or nothing."""
        told = {"salt": self._salt.hex(), "is_pending": self.is_pending, "tokens": self._tokens}
        with atomic_write(self._root / FILE) as file:
            file.write((json.dumps(told, indent=1) + "\n").encode())

    def settle(self) -> None:
        """Note that nothing stored holds any of them."""
        self.is_pending = False
        self.save()

    def erase_new(self, feed: str, rows: pa.Table) -> pa.Table:
        """Rows of a feed as they may be stored."""
        return erase(feed, rows, self.token, self.are_mentioned) if self else rows

    def erase_new_rejects(self, rows: pa.Table) -> pa.Table:
        """Rows of the quarantine as they may be stored."""
        return erase_rejects(rows, self.are_mentioned) if self else rows

    def without(self, names: Iterable[str]) -> list[str]:
        """Those of the names that mention nobody on the list."""
        return [name for name in names if not self or not self._is_mentioned(name)]

    def are_mentioned(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of the texts have the id of someone on the list as a value or a word."""
        unique = texts.unique()
        hits = [text for text in unique.to_pylist() if text is not None and self._is_mentioned(text)]
        return pc.is_in(texts, value_set=pa.array(hits, pa.string()))

    def _is_mentioned(self, text: str) -> bool:
        return any(self.token((ANY, value)) for value in chain(values_in(text), words_in(text)))

    def _hash(self, person: Person) -> str:
        # lengths, so that no two pairs give one text
        text = f"{len(person[0])}:{person[0]}{person[1]}".encode()
        return blake2b(text, key=self._salt, digest_size=32).hexdigest()


Tokens = Callable[[Person], str | None]
Mask = Callable[[pa.ChunkedArray], pa.ChunkedArray]


def erase(feed: str, rows: pa.Table, token: Tokens, are_mentioned: Mask) -> pa.Table:
    """Rows of a feed without the people that have a token, and without the texts that mention them.

    Returns the very same table if there is nothing to erase.
    """
    if "member_id" in rows.schema.names:
        replaced = {
            person: found for person in _people(rows) if (found := token((person[0] or ANY, person[1])))
        }
        if replaced:
            tokens = _tokens(rows, replaced)
            is_touched = pc.is_valid(tokens)
            rows = _with(rows, "member_id", pc.coalesce(tokens, rows["member_id"]))
            personal = _PERSONAL if feed == "members" else ()
            rows = _nulled(rows, (*personal, "attributes"), is_touched)
            if feed == "members":
                # it would be a hash of name and e-mail, which are easily guessed
                hashes = {found: sha256(found.encode()).hexdigest() for found in replaced.values()}
                rows = _with(rows, "content_hash", pc.coalesce(_mapped(tokens, hashes), rows["content_hash"]))
    for column in _FREE_TEXT.get(feed, ("attributes",)):
        if rows[column].null_count < rows.num_rows:
            mask = are_mentioned(rows[column])
            if pc.any(mask).as_py():
                rows = _nulled(rows, (column,), mask)
    return rows


def erase_rejects(rows: pa.Table, are_mentioned: Mask) -> pa.Table:
    """Rows of the quarantine without the text, value and reason of those that mention a person."""
    masks = [are_mentioned(rows[column]).combine_chunks() for column in ("text", "value", "reason")]
    mask = pa.chunked_array([pc.or_(pc.or_(masks[0], masks[1]), masks[2])])
    if not pc.any(mask).as_py():
        return rows
    rows = _nulled(rows, ("text", "value"), mask)
    return _with(rows, "reason", pc.if_else(mask, pa.scalar(ERASED), rows["reason"]))


def erase_values(rows: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """Rows of the quarantine without the text and value of some; their reason stays without the value."""
    if not pc.any(mask).as_py():
        return rows
    reasons = [
        _without_value(reason, value) if is_meant else reason
        for reason, value, is_meant in zip(
            rows["reason"].to_pylist(), rows["value"].to_pylist(), mask.to_pylist(), strict=True
        )
    ]
    rows = _nulled(rows, ("text", "value"), mask)
    return _with(rows, "reason", pa.chunked_array([pa.array(reasons, pa.string())]))


def _without_value(reason: str, value: str | None) -> str:
    rule = reason.partition("; found")[0]
    return rule.replace(value, "…") if value else rule


def _people(rows: pa.Table) -> list[tuple[str | None, str]]:
    pairs = rows.select(["workspace_id", "member_id"]).group_by(["workspace_id", "member_id"]).aggregate([])
    found = zip(pairs["workspace_id"].to_pylist(), pairs["member_id"].to_pylist(), strict=True)
    return [(workspace, member) for workspace, member in found if member is not None]


def _tokens(rows: pa.Table, replaced: Mapping[tuple[str | None, str], str]) -> pa.ChunkedArray:
    """The token of each row; null where none is meant."""
    tokens = pa.nulls(rows.num_rows, pa.string())
    for (workspace, member), found in replaced.items():
        is_member = pc.equal(rows["member_id"], member).combine_chunks()
        is_there = (
            pc.is_null(rows["workspace_id"])
            if workspace is None
            else pc.equal(rows["workspace_id"], workspace)
        ).combine_chunks()
        mask = pc.fill_null(pc.and_(is_member, is_there), False)
        tokens = pc.if_else(mask, pa.scalar(found), tokens)
    return pa.chunked_array([tokens])


def _mapped(texts: pa.ChunkedArray, values: Mapping[str, str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([values.get(text) for text in texts.to_pylist()], pa.string())])


def _nulled(rows: pa.Table, columns: tuple[str, ...], mask: pa.ChunkedArray) -> pa.Table:
    for column in columns:
        kept = pc.if_else(mask, pa.scalar(None, rows.schema.field(column).type), rows[column])
        rows = _with(rows, column, kept)
    return rows


def _with(rows: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), values)
