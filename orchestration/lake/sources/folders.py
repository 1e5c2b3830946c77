"""Which folders of the landing directory hold another system's files, and the mapping of each.

A folder is one if it has a `mapping.yml`, or the name of a mapping that is shipped. What a mapping may say is
in landing/sources/.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.contract import FEEDS
from orchestration.landing.sources.mapping import Mapping, MappingError, mapping_from, read_mapping, shipped
from orchestration.landing.sources.paths import file_pattern

MAPPING_FILE = "mapping.yml"
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class SourceFolder:
    """A folder of another system's files.

    Attributes:
        name: of the folder.
        text: of its own mapping; None if the shipped one holds, or if `problem` says why it has none.
        problem: why its own mapping cannot be read.
    """

    name: str
    text: str | None = None
    problem: str | None = None

    def mapping(self) -> Mapping:
        """The mapping of the folder.

        Raises:
            MappingError: it cannot be used.
        """
        if self.problem:
            raise MappingError(f"{self.name}/{MAPPING_FILE}: {self.problem}")
        if self.text is not None:
            return mapping_from(self.text, name=self.name, shown_as=f"{self.name}/{MAPPING_FILE}")
        return read_mapping(shipped()[self.name], name=self.name)


def source_folder(path: str, name: str) -> SourceFolder | None:
    """The folder as one of another system's files; None if it is none.

    Args:
        path: of the folder.
        name: of the folder, as stored.
    """
    if name in FEEDS or not Path(path).is_dir() or Path(path).is_symlink():
        return None
    try:
        descriptor = os.open(Path(path) / MAPPING_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return SourceFolder(name) if name in shipped() else None
    except OSError as error:
        return SourceFolder(name, problem=f"it cannot be opened ({error.strerror}); deliver the file itself")
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return SourceFolder(name, problem="it is no regular file; deliver the file itself")
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        return SourceFolder(
            name, problem=f"it has more than {_MOST_BYTES:,} bytes; a mapping is a short text"
        )
    try:
        return SourceFolder(name, text=content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return SourceFolder(name, problem=f"byte {error.start + 1} is not UTF-8; save it as UTF-8")


def is_read(mapping: Mapping, file_name: str) -> bool:
    """Whether the mapping reads a file, by its name in the landing directory."""
    inner = file_name.partition("/")[2]
    return any(re.fullmatch(file_pattern(files), inner) for files in mapping.reads.files)
