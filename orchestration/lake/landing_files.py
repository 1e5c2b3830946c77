"""Lists the landing directory, and opens one file of it safely.

Names are data: compared and stored, never put into SQL. Content is read in `orchestration.landing`.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from orchestration.lake.file_names import is_hidden, storable_name
from orchestration.lake.sources.folders import MAPPING_FILE, SourceFolder, source_folder
from orchestration.lake.unread_files import UnreadEntry, unread_entries
from orchestration.landing.contract import FEEDS
from orchestration.landing.rejects import LandingError

_IN_MEMORY_BYTES = 16 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024


class FileUnavailable(OSError):
    """A file that cannot be opened now, or changes while it is read; the next run tries again."""


@dataclass(frozen=True, slots=True)
class LandingFile:
    """An entry under the folder of a feed or of another system.

    Attributes:
        feed: the folder it is in; for another system's files, that folder's name.
        name: path relative to the landing directory, with `/`, as stored in the lake.
        path: the path to open.
        size_bytes, modified_ns: as listed.
        obstacle: why it is never opened (a link, a pipe, …), or None for a regular file.
    """

    feed: str
    name: str
    path: str
    size_bytes: int
    modified_ns: int
    obstacle: str | None


@dataclass(frozen=True)
class Listing:
    """The landing directory.

    Attributes:
        files: those of each feed and each source folder, by name.
        sources: the folders of other systems' files, by name.
        unread: what is in the folder of neither.
    """

    files: dict[str, list[LandingFile]]
    sources: list[SourceFolder]
    unread: list[UnreadEntry]


def list_landing(landing: Path) -> Listing:
    """List every file in the folders of feeds and of other systems; links are listed, never followed.

    Raises:
        LandingError: the landing directory or a folder in it is missing, not a directory, or unreadable.
    """
    files: dict[str, list[LandingFile]] = {}
    try:
        top = {entry.name: entry for entry in os.scandir(landing)}
        for feed in FEEDS:
            if feed in top:
                files[feed] = sorted(_walk(feed, top[feed]), key=lambda file: file.name)
        folders = {name: source_folder(top[name].path, storable_name(name)) for name in sorted(top)}
        sources = {
            name: folder for name, folder in folders.items() if folder is not None and not is_hidden(name)
        }
        for name, folder in sources.items():
            found = sorted(_walk(folder.name, top[name]), key=lambda file: file.name)
            files[folder.name] = [file for file in found if file.name != f"{folder.name}/{MAPPING_FILE}"]
        unread = unread_entries(landing, sources=sources)
    except OSError as error:
        raise LandingError(
            f"every landing folder must be a readable directory; {error.filename} is not ({error.strerror}). "
            "Create the landing directory with one folder per feed, allow reading it, or choose another one."
        ) from error
    return Listing(files, list(sources.values()), unread)


def _walk(feed: str, folder: os.DirEntry[str]) -> Iterator[LandingFile]:
    pending = [(folder, feed)]
    while pending:
        entry, name = pending.pop()
        if not entry.is_dir(follow_symlinks=False):
            if (file := _file(feed, entry, name)) is not None:
                yield file
            continue
        with os.scandir(entry.path) as children:
            pending += [(child, f"{name}/{child.name}") for child in children if not is_hidden(child.name)]


def _file(feed: str, entry: os.DirEntry[str], name: str) -> LandingFile | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return LandingFile(
        feed, storable_name(name), entry.path, status.st_size, _changed_ns(status), _obstacle(status.st_mode)
    )


def _obstacle(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    return "a symbolic link" if stat.S_ISLNK(mode) else "a pipe, socket or device"


class OpenFile:
    """A regular file being read; the hash is of exactly the bytes that were read.

    Args:
        handle: the open file, unbuffered.
        is_seeked: it will be read at random positions, not from beginning to end.

    Attributes:
        content: the bytes to parse.
        size_bytes, modified_ns: of the file that was opened.
        is_streamed: too large for memory, so it is hashed while `content` is read, not before.
    """

    def __init__(self, handle: BinaryIO, *, is_seeked: bool) -> None:
        self._handle = handle
        self._hash = hashlib.sha256()
        status = os.fstat(handle.fileno())
        self.size_bytes = status.st_size
        self.modified_ns = _changed_ns(status)
        self._left_bytes = self.size_bytes
        is_held = self.size_bytes <= _IN_MEMORY_BYTES
        self.is_streamed = not is_held and not is_seeked
        self.content: BinaryIO = cast(BinaryIO, self) if self.is_streamed else handle
        if is_held:
            self.content = io.BytesIO(self.read())

    def read(self, size: int = -1, /) -> bytes:
        """Read and hash the next bytes; what is appended meanwhile is not read, or it might never end."""
        wanted = self._left_bytes if size < 0 else min(size, self._left_bytes)
        data = self._read_block(wanted)
        self._left_bytes -= len(data)
        self._hash.update(data)
        return data

    def _read_block(self, size: int) -> bytes:
        try:
            return self._handle.read(size)
        except OSError as error:
            raise FileUnavailable(f"cannot be read ({error.strerror})") from error

    def sha256(self) -> str:
        """The hash of the whole file; reads what was not read yet."""
        while self.read(_BLOCK_BYTES):
            pass
        return self._hash.hexdigest()

    def beginning(self, size: int) -> Iterator[bytes]:
        """The first bytes, without hashing them; rewind afterwards."""
        self._handle.seek(0)
        while size > 0 and (block := self._read_block(min(size, _BLOCK_BYTES))):
            size -= len(block)
            yield block

    def byte_at(self, offset: int) -> bytes:
        """One byte; rewind afterwards."""
        self._handle.seek(offset)
        return self._read_block(1)

    def rewind(self) -> None:
        """Go back to the beginning, to parse after hashing; a streamed file is hashed again."""
        self._handle.seek(0)
        if self.is_streamed:
            self._hash = hashlib.sha256()
            self._left_bytes = self.size_bytes

    def check_unchanged(self) -> None:
        """Raise FileUnavailable if the file changed since it was opened."""
        now = os.fstat(self._handle.fileno())
        if (now.st_size, _changed_ns(now)) != (self.size_bytes, self.modified_ns):
            raise FileUnavailable("changes while it is read")


@contextmanager
def open_landing_file(file: LandingFile, *, is_seeked: bool) -> Iterator[OpenFile]:
    """Open a regular file, not through a link.

    Raises:
        FileUnavailable: it cannot be opened, is no longer a regular file, or changes while it is read.
    """
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileUnavailable(f"cannot be opened ({error.strerror})") from error
    with os.fdopen(descriptor, "rb", buffering=0) as handle:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileUnavailable("is no longer a regular file")
        if _is_behind_a_link(file.path, descriptor):
            raise FileUnavailable("is now behind a symbolic link")
        yield OpenFile(handle, is_seeked=is_seeked)


def _is_behind_a_link(path: str, descriptor: int) -> bool:
    """Whether a folder above the file was replaced by a link since it was listed."""
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink() != Path.cwd() / path
    except OSError:  # not every system has /proc
        return False


def _changed_ns(status: os.stat_result) -> int:
    """When the file last changed; setting the modification time back does not hide a change."""
    return max(status.st_mtime_ns, status.st_ctime_ns)
