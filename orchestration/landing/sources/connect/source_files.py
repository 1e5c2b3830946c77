"""Finds the files that a user wants to connect, and says of a file that cannot be read what to do."""

from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.formats.dispatch import format_of

_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
_ARCHIVES = (".zip", ".tar", ".tgz", ".7z", ".rar")
MAPPING_FILE = "mapping.yml"


class UnusableFiles(ValueError):
    """What was given cannot be connected: one sentence with the remedy."""


@dataclass(frozen=True)
class SourceFile:
    """A file and its name below the source's folder."""

    path: Path
    name: str


def source_files(given: Path) -> list[SourceFile]:
    """The file, or the files of a folder in the order of their names.

    Raises:
        UnusableFiles: there is none, or one that no run reads.
    """
    if given.is_file():
        _check(given)
        return [SourceFile(given, given.name)]
    if not given.is_dir():
        raise UnusableFiles(f"there is no file or folder {given}")
    found = [
        SourceFile(path, path.relative_to(given).as_posix())
        for path in sorted(given.rglob("*"))
        if path.is_file() and not _is_hidden(path.relative_to(given)) and path.name != MAPPING_FILE
    ]
    usable = [file for file in found if format_of(file.name)]
    if not usable:
        if found:
            _check(found[0].path)
        raise UnusableFiles(f"the folder {given} holds no .csv, .json, .jsonl or .parquet file")
    return usable


def _check(file: Path) -> None:
    with file.open("rb") as content:
        head = content.read(4)
    suffix = file.suffix.lower()
    if suffix in _SPREADSHEETS or (head == b"PK\x03\x04" and suffix not in _ARCHIVES):
        raise UnusableFiles(
            f"{file} is a spreadsheet, which is not read. In it choose Save As, CSV UTF-8 (.csv), one "
            "sheet with one header row, and connect that."
        )
    if suffix in _ARCHIVES:
        raise UnusableFiles(f"{file} is an archive. Unpack it, and connect the folder.")
    if format_of(file.name) is None:
        raise UnusableFiles(
            f"{file} has no name that says its format. Rename it to end in .csv (also for tabs or semicolons)"
            ", .jsonl, .json or .parquet; .gz and .zst may follow."
        )
    if not file.stat().st_size:
        raise UnusableFiles(f"{file} is empty")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)
