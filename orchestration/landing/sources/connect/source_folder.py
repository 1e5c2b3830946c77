"""Writes a source into the landing directory: its mapping, its rate card, its files."""

import json
import os
import re
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from orchestration.durable_files import atomic_write
from orchestration.landing.contract import FEEDS
from orchestration.landing.sources.connect.flat.column_names import normalised
from orchestration.landing.sources.connect.source_files import MAPPING_FILE, SourceFile

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
RATE_CARDS = "rate_cards"


def safe_name(file: Path, *, taken: Collection[str]) -> str:
    """A name for the folder of a file's source: that of the file, of plain letters."""
    stem = file.name.split(".")[0] or file.name
    letters = "".join(letter for letter in normalised(stem) if letter.isascii())[:40].strip("_") or "source"
    return f"{letters}_export" if letters in FEEDS or letters in taken else letters


def name_problem(name: str) -> str | None:
    """Why a folder of another system may not have this name."""
    if name in FEEDS:
        return f"{name} is a feed of the contract; name the source otherwise"
    if not _SAFE.fullmatch(name):
        return f"{name!r} is no safe folder name; use letters, digits, _, - and ."
    return None


def write_rate_card(landing: Path, name: str, rows: Sequence[dict[str, Any]]) -> Path:
    """Write the rates of a source as a file of the feed `rate_cards`."""
    file = landing / RATE_CARDS / f"{name}.jsonl"
    _write(file, "".join(json.dumps(row) + "\n" for row in rows).encode())
    return file


def write_mapping(file: Path, text: str) -> Path:
    """Write a mapping file."""
    _write(file, text.encode())
    return file


def mapping_file(landing: Path, name: str) -> Path:
    """Where a source's own mapping lies."""
    return landing / name / MAPPING_FILE


def deliver(file: SourceFile, folder: Path, *, is_link: bool) -> Path:
    """Copy or link a file into a folder, whole or not at all; one of the same bytes stays."""
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.samefile(file.path):
        return target
    if is_link:
        temporary = target.with_name(f".{target.name}.link")
        temporary.unlink(missing_ok=True)
        os.link(file.path, temporary)
        temporary.replace(target)
        return target
    with file.path.open("rb") as content, atomic_write(target) as copy:
        shutil.copyfileobj(content, copy)
    return target


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(file) as target:
        target.write(content)
