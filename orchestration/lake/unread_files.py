"""What lies in the landing directory outside the folders of feeds, and is therefore not read.

Only names are looked at; what is in the folders of feeds is listed in `landing_files`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from orchestration.lake.file_names import is_hidden, storable_name
from orchestration.landing.contract import FEEDS

_MOST_COUNTED = 1000
_SHOWN_FILES = 3
_LEAST_LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class UnreadEntry:
    """A file, or a folder with files.

    Attributes:
        name: in the landing directory; that of a folder ends with `/`.
        reason: why it is not read, and the feed that is probably meant.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} was not read: {self.reason}"


def unread_entries(landing: Path, *, sources: Collection[str] = ()) -> list[UnreadEntry]:
    """The files and the folders with files that are under no feed's folder and no source's, by name.

    Args:
        landing: the landing directory.
        sources: names of the folders that hold other systems' files.

    Raises:
        OSError: the landing directory cannot be listed.
    """
    with os.scandir(landing) as entries:
        unread = [
            entry for entry in entries if entry.name not in {*FEEDS, *sources} and not is_hidden(entry.name)
        ]
    found = [_unread(entry) for entry in sorted(unread, key=lambda entry: entry.name)]
    return [entry for entry in found if entry is not None]


def _unread(entry: os.DirEntry[str]) -> UnreadEntry | None:
    name = storable_name(entry.name)
    if not entry.is_dir(follow_symlinks=False):
        return UnreadEntry(name, f"it is in the folder of no feed{_hint(name.partition('.')[0])}")
    files = sorted(islice(_files(entry), _MOST_COUNTED))
    if not files:
        return None
    hint = _hint(name) or "; a mapping.yml in it would make it readable (credits connect)"
    return UnreadEntry(f"{name}/", f"the folder is no feed's, and holds {listed(files)}{hint}")


def listed(files: list[str]) -> str:
    """At most a few names, and how many more there are."""
    more = len(files) - _SHOWN_FILES
    if more > 0:
        more_files = f"{more:,} more" if more + _SHOWN_FILES < _MOST_COUNTED else "many more"
        files = [*files[:_SHOWN_FILES], more_files]
    return f"{', '.join(files[:-1])} and {files[-1]}" if len(files) > 1 else files[0]


def _files(folder: os.DirEntry[str]) -> Iterator[str]:
    pending = [(folder.path, "")]
    while pending:
        path, prefix = pending.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    name = f"{prefix}{storable_name(entry.name)}"
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, f"{name}/"))
                    else:
                        yield name
        except OSError:  # it is not read anyway
            continue


def _hint(name: str) -> str:
    plain = name.lower().replace("-", "_").replace(" ", "_")
    whole = [feed for feed in FEEDS if feed.replace("_", "") == plain.replace("_", "")]
    part = [feed for feed in FEEDS if plain and feed.endswith(f"_{plain}")]
    feed = next(iter(whole or part or get_close_matches(plain, FEEDS, 1, _LEAST_LIKENESS)), None)
    return f"; the feed is called {feed}" if feed else ""
