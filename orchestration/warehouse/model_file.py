"""A model kept between nights as one file, replaced at once.

What is in it, and whether it is to be trusted, does not belong here: that is forecasting/.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.warehouse.durable import sync


def read_model(file: Path) -> bytes | None:
    """What is stored; None if nothing is."""
    return file.read_bytes() if file.is_file() else None


def write_model(file: Path, stored: bytes | None) -> None:
    """Replace what is stored; None removes it."""
    if stored is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_bytes(stored)
    sync(beside)
    beside.replace(file)
    sync(file.parent)
