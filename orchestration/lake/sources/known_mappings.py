"""The mappings in use, kept in the lake, so that its records can be mapped without the landing directory.

A mapping that is shipped is not copied: its file is empty, and the release's own holds.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.durable_files import atomic_write
from orchestration.lake.sources.folders import MAPPING_FILE, SourceFolder
from orchestration.landing.sources.mapping import Mapping, MappingError, mapping_from, read_mapping, shipped

FOLDER = "mappings"
_SUFFIX = ".yml"


class KnownMappings:
    """The mappings of all folders that were ever read into one lake.

    Args:
        root: of the lake.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def names(self) -> list[str]:
        """The source folders, sorted."""
        return sorted(file.name.removesuffix(_SUFFIX) for file in self._folder.glob(f"*{_SUFFIX}"))

    def read(self) -> dict[str, Mapping]:
        """The mapping of each source folder.

        Raises:
            MappingError: one cannot be used.
        """
        return {name: self._read(name) for name in self.names()}

    def keep(self, folder: SourceFolder) -> None:
        """Keep a mapping that can be used; from now on it holds for all records of its folder."""
        file, content = self._file(folder.name), (folder.text or "").encode()
        if not file.exists() or file.read_bytes() != content:
            self._folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(file) as target:
                target.write(content)

    def __contains__(self, name: str) -> bool:
        return self._file(name).exists()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _read(self, name: str) -> Mapping:
        text = self._file(name).read_text(encoding="utf-8")
        if text:
            return mapping_from(text, name=name, shown_as=f"{name}/{MAPPING_FILE}")
        if name not in shipped():
            raise MappingError(
                f"records of the folder {name} are loaded, and this release ships no mapping of that name. "
                f"Put a {MAPPING_FILE} into landing/{name}."
            )
        return read_mapping(shipped()[name], name=name)
