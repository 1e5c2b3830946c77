"""Parquet files that this process and the machines of a cluster both reach, under one URI.

What is in them does not belong here: that is warehouse.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from orchestration.durable_files import atomic_write
from orchestration.warehouse.protocol import WarehouseError

_COPIED = "copied"  # of what lies on this machine, under its paths here


class ClusterFiles:
    """The files of one warehouse.

    Args:
        uri: the folder of all of them, as the cluster reads it.
        folder: on this machine, for the record of what was copied.
        is_shared: the cluster sees the paths of this machine, so that nothing need be copied.
    """

    def __init__(self, uri: str, *, folder: Path, is_shared: bool) -> None:
        self.uri = uri
        self._is_shared = is_shared
        self._record = folder / "copied.json"
        if is_shared:  # a plain path, in which Spark takes each character as it is
            self._files, self._root = fs.LocalFileSystem(), uri.removeprefix("file://")
        else:  # Spark's name of the scheme is not Arrow's
            self._files, self._root = fs.FileSystem.from_uri(uri.replace("s3a://", "s3://", 1))

    def write(self, rows: pa.Table, path: str) -> None:
        """Write one file; instants without zone are in UTC, which Spark reads as its TIMESTAMP."""
        in_utc = _with_instants(rows, pa.timestamp("us", "UTC"))
        self._files.create_dir(f"{self._root}/{path}".rpartition("/")[0], recursive=True)
        pq.write_table(in_utc, f"{self._root}/{path}", filesystem=self._files)

    def read(self, path: str) -> pa.Table:
        """The rows of the parts that Spark wrote into a folder, in their order."""
        try:
            parts = [name for name in self.names(path) if name.startswith("part-")]
        except FileNotFoundError:
            parts = []
        if not parts:
            raise WarehouseError(
                f"what the cluster writes to {self.uri} must be seen from here; {path} is not. Mount the "
                "same folder on every machine under the same path, or set CREDITS_SPARK_FILES."
            )
        tables = [pq.read_table(f"{self._root}/{path}/{part}", filesystem=self._files) for part in parts]
        return _with_instants(pa.concat_tables(tables), pa.timestamp("us"))

    def names(self, path: str) -> list[str]:
        """What is in a folder."""
        found = self._files.get_file_info(fs.FileSelector(f"{self._root}/{path}"))
        return sorted(file.base_name for file in found)

    def folder_bytes(self, path: str) -> dict[str, int]:
        """Bytes of the files of each folder two levels below, by its path, such as "facts/fct_attempts"."""
        selector = fs.FileSelector(f"{self._root}/{path}", allow_not_found=True, recursive=True)
        found: dict[str, int] = {}
        for file in self._files.get_file_info(selector):
            first, _, rest = file.path.removeprefix(f"{self._root}/{path}/").partition("/")
            second, _, name = rest.partition("/")
            if file.type == fs.FileType.File and name:
                found[f"{first}/{second}"] = found.get(f"{first}/{second}", 0) + file.size
        return found

    def exists(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        return bool(self._files.get_file_info(f"{self._root}/{path}").type != fs.FileType.NotFound)

    def touch(self, path: str) -> None:
        """Make an empty file."""
        self._files.create_dir(f"{self._root}/{path}".rpartition("/")[0], recursive=True)
        self._files.open_output_stream(f"{self._root}/{path}").close()

    def delete(self, path: str) -> None:
        """Remove a file or a folder, or all of them, if it is there."""
        target = f"{self._root}/{path}".rstrip("/")
        kind = self._files.get_file_info(target).type
        if kind == fs.FileType.Directory:
            self._files.delete_dir(target)
        elif kind == fs.FileType.File:
            self._files.delete_file(target)

    def delete_copies(self) -> None:
        """Remove the copies; files are copied again when they are read."""
        self.delete(_COPIED)
        self._record.unlink(missing_ok=True)

    def over(self, files: Sequence[Path]) -> str:
        """A relation over files of this machine: of one folder, or of one name in several of one folder."""
        self._copy(files)
        folders, names = sorted({file.parent for file in files}), {file.name for file in files}
        if len(folders) == 1:
            path = f"{folders[0]}/{_any_of(names)}"
        else:
            path = f"{folders[0].parent}/{_any_of({folder.name for folder in folders})}/{_any_of(names)}"
        return relation(f"file://{path}" if self._is_shared else f"{self.uri}/{_COPIED}{path}")

    def _copy(self, files: Iterable[Path]) -> None:
        """Copy what is new or changed, and remove the copies of what is gone."""
        if self._is_shared:
            return
        record = json.loads(self._record.read_text()) if self._record.exists() else {}
        known = record["files"] if record.get("uri") == self.uri else {}
        for gone in [name for name in known if not Path(name).exists()]:
            self.delete(f"{_COPIED}{gone}")
            del known[gone]
        for file in files:
            stamp, target = [file.stat().st_size, file.stat().st_mtime_ns], f"{self._root}/{_COPIED}{file}"
            if known.get(str(file)) != stamp:
                self._files.create_dir(target.rpartition("/")[0], recursive=True)
                here = fs.LocalFileSystem()
                fs.copy_files(str(file), target, source_filesystem=here, destination_filesystem=self._files)
                known[str(file)] = stamp
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._record) as record:
            record.write(json.dumps({"uri": self.uri, "files": known}).encode())


def relation(uri: str) -> str:
    """What Spark reads a URI of Parquet files as."""
    return f"parquet.`{uri.replace('`', '``')}`"


def _any_of(names: set[str]) -> str:
    """What matches these names and no other."""
    return next(iter(names)) if len(names) == 1 else "{" + ",".join(sorted(names)) + "}"


def _with_instants(rows: pa.Table, instant: pa.DataType) -> pa.Table:
    kinds: list[pa.DataType] = [
        instant if pa.types.is_timestamp(kind) else kind for kind in rows.schema.types
    ]
    return rows.cast(pa.schema(list(zip(rows.schema.names, kinds, strict=True))))
