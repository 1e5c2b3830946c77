"""The list of forgotten people, by which rows that arrive later are recognised and erased.

Rows already stored are rewritten in `erase` and `rewriting`.

What remains of a person: `raw/forgotten.json` has a salted hash of workspace and member id with the token
that replaces them, and rows keep their original content_hash, so that a redelivery is recognised as one.
Neither reveals the id, but whoever has the files and guesses an id can confirm the guess.
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
# names a member in scope_id
BUDGETS = "budgets"
TOKEN_PREFIX = "forgotten-"
# the workspace of outcomes that have none
ANY = ""
ERASED = "it named a person who was forgotten; the content is erased"
_PERSONAL = ("name", "email", "team")
_FREE_TEXT = {"event_retractions": ("attributes", "reason")}
Person = tuple[str, str]


class Forgotten:
    """The forgotten people, as hashes with the token that replaces each.

    Attributes:
        is_pending: whether stored rows may still hold some of them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._salt = secrets.token_bytes(16)
        self._tokens: dict[str, str] = {}
        self._seen: dict[Person, str | None] = {}
        self.is_pending = False
        if (root / FILE).exists():
            stored = json.loads((root / FILE).read_text(encoding="utf-8"))
            self._salt, self._tokens = bytes.fromhex(stored["salt"]), stored["tokens"]
            self.is_pending = stored["is_pending"]

    def __bool__(self) -> bool:
        return bool(self._tokens)

    @property
    def fingerprint(self) -> str:
        """Changes with each person added; empty if the list is."""
        return sha256("\n".join(sorted(self._tokens.values())).encode()).hexdigest()[:16] if self else ""

    def token(self, person: Person) -> str | None:
        """The token that replaces a workspace's member; None if they are not on the list."""
        if person not in self._seen:
            self._seen[person] = self._tokens.get(self._hash(person))
        return self._seen[person]

    def add(self, person: Person) -> None:
        """Add a workspace's member, with a random token."""
        self._tokens.setdefault(self._hash(person), f"{TOKEN_PREFIX}{secrets.token_hex(8)}")
        self.is_pending = True
        self._seen.clear()

    def save(self) -> None:
        """Write the list to the disk as a whole."""
        stored = {"salt": self._salt.hex(), "is_pending": self.is_pending, "tokens": self._tokens}
        with atomic_write(self._root / FILE) as file:
            file.write((json.dumps(stored, indent=1) + "\n").encode())

    def settle(self) -> None:
        """Record that no stored row holds any of them."""
        self.is_pending = False
        self.save()

    def erase_new(self, feed: str, rows: pa.Table) -> pa.Table:
        """Rows of a feed as they may be stored."""
        return erase(feed, rows, self.token, self.are_mentioned) if self else rows

    def erase_new_rejects(self, rows: pa.Table) -> pa.Table:
        """Rows of the quarantine as they may be stored."""
        return erase_rejects(rows, self.are_mentioned) if self else rows

    def without_mentions(self, names: Iterable[str]) -> list[str]:
        """The names that mention nobody on the list."""
        return [name for name in names if not self or not self._is_mentioned(name)]

    def are_mentioned(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which of the texts contain the id of someone on the list as a value or a word."""
        unique = texts.unique()
        hits = [text for text in unique.to_pylist() if text is not None and self._is_mentioned(text)]
        return pc.is_in(texts, value_set=pa.array(hits, pa.string()))

    def mentioned(self, text: str) -> dict[str, str]:
        """The ids on the list that a text has as a value or a word, each with its token."""
        found = {value: self.token((ANY, value)) for value in chain(values_in(text), words_in(text))}
        return {value: token for value, token in found.items() if token}

    def _is_mentioned(self, text: str) -> bool:
        return any(self.token((ANY, value)) for value in chain(values_in(text), words_in(text)))

    def _hash(self, person: Person) -> str:
        # with the length, so that no two pairs give the same text
        text = f"{len(person[0])}:{person[0]}{person[1]}".encode()
        return blake2b(text, key=self._salt, digest_size=32).hexdigest()


Tokens = Callable[[Person], str | None]
Mask = Callable[[pa.ChunkedArray], pa.ChunkedArray]


def erase(feed: str, rows: pa.Table, token: Tokens, are_mentioned: Mask) -> pa.Table:
    """Replace people who have a token in the rows of a feed, and erase texts that mention them.

    Returns the very same table if there is nothing to erase.
    """
    named = _with_members(feed, rows)
    if "member_id" in named.schema.names:
        replaced = {
            person: found for person in _people(named) if (found := token((person[0] or ANY, person[1])))
        }
        if replaced:
            tokens = _tokens(named, replaced)
            is_touched = pc.is_valid(tokens)
            column = "scope_id" if feed == BUDGETS else "member_id"
            rows = _with(rows, column, pc.coalesce(tokens, rows[column]))
            personal = _PERSONAL if feed == "members" else ()
            rows = _nulled(rows, (*personal, "attributes"), is_touched)
            if feed == "members":
                # the old hash is of name and e-mail, which are easily guessed
                hashes = {found: sha256(found.encode()).hexdigest() for found in replaced.values()}
                rows = _with(rows, "content_hash", pc.coalesce(_mapped(tokens, hashes), rows["content_hash"]))
    for column in _FREE_TEXT.get(feed, ("attributes",)):
        if rows[column].null_count < rows.num_rows:
            mask = are_mentioned(rows[column])
            if pc.any(mask).as_py():
                rows = _nulled(rows, (column,), mask)
    return rows


def erase_rejects(rows: pa.Table, are_mentioned: Mask) -> pa.Table:
    """Erase text, value and reason of quarantined rows that mention a person."""
    masks = [are_mentioned(rows[column]).combine_chunks() for column in ("text", "value", "reason")]
    mask = pa.chunked_array([pc.or_(pc.or_(masks[0], masks[1]), masks[2])])
    if not pc.any(mask).as_py():
        return rows
    rows = _nulled(rows, ("text", "value"), mask)
    return _with(rows, "reason", pc.if_else(mask, pa.scalar(ERASED), rows["reason"]))


def erase_values(rows: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """Erase text and value of some quarantined rows; their reason stays, without the value."""
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


def _with_members(feed: str, rows: pa.Table) -> pa.Table:
    """The rows with a member_id, where the feed names a member in another column."""
    if feed != BUDGETS:
        return rows
    is_member = pc.equal(rows["scope"], "member")
    return rows.append_column(
        "member_id", pc.if_else(is_member, rows["scope_id"], pa.scalar(None, pa.string()))
    )


def _people(rows: pa.Table) -> list[tuple[str | None, str]]:
    pairs = rows.select(["workspace_id", "member_id"]).group_by(["workspace_id", "member_id"]).aggregate([])
    found = zip(pairs["workspace_id"].to_pylist(), pairs["member_id"].to_pylist(), strict=True)
    return [(workspace, member) for workspace, member in found if member is not None]


def _tokens(rows: pa.Table, replaced: Mapping[tuple[str | None, str], str]) -> pa.ChunkedArray:
    """The token of each row; null where its member has none."""
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
    index = rows.schema.get_field_index(column)
    return rows.set_column(index, rows.schema.field(index), values)
