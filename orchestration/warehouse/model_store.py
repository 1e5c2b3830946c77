"""The boosted waste model kept between nights: one file, named by its hash.

So a run that is killed leaves the file that the registry names. What is in it, and whether it is to be
trusted, does not belong here: that is forecasting/.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.durable_files import atomic_write, remove_temporary_files


class ModelFile:
    """The file of one hash.

    Args:
        folder: made on first use.
        registered: the hash that the registry has of the model; empty if it has none.
    """

    def __init__(self, folder: Path, registered: str) -> None:
        self.folder = folder
        self.path = folder / f"waste_boosting-{registered[:12]}.skops"

    def read(self) -> bytes | None:
        """What is stored; None if nothing is."""
        return self.path.read_bytes() if self.path.is_file() else None

    def write(self, stored: bytes) -> None:
        """Store it, all or nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.path) as file:
            file.write(stored)

    def remove_others(self) -> None:
        """Forget the models of earlier nights."""
        for other in self.folder.glob("waste_boosting-*"):
            if other != self.path:
                other.unlink()
        remove_temporary_files(self.folder)
