"""The boosted waste model kept between runs: one file, named by its hash.

So an interrupted run leaves the file that the registry names. What is in it, and whether it can be
trusted, does not belong here: that is forecasting/.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.durable_files import atomic_write, remove_temporary_files


class ModelFile:
    """The file of one hash.

    Args:
        folder: created on first use.
        registered: the hash of the model in the registry; empty if it has none.
    """

    def __init__(self, folder: Path, registered: str) -> None:
        self.folder = folder
        self.path = folder / f"waste_boosting-{registered[:12]}.npz"

    def read(self) -> bytes | None:
        """The stored bytes; None if there are none."""
        return self.path.read_bytes() if self.path.is_file() else None

    def write(self, stored: bytes) -> None:
        """Store it, all or nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.path) as file:
            file.write(stored)

    def remove_others(self) -> None:
        """Delete the models of earlier runs."""
        for other in self.folder.glob("waste_boosting-*"):
            if other != self.path:
                other.unlink()
        remove_temporary_files(self.folder)
