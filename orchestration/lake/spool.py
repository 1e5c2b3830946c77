"""Holds the rows of one large file on disk until the file has been read to its end.

Whether they are loaded is decided in `ingestion`.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa


class Spool:
    """A temporary, uncompressed Arrow file."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._writer = pa.ipc.new_file(str(path), schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._path.unlink()

    def add(self, rows: pa.Table) -> None:
        """Append rows."""
        self._writer.write_table(rows)

    def tables(self) -> Iterator[pa.Table]:
        """The tables in the order they were added; nothing can be added afterwards."""
        self._writer.close()
        # not memory-mapped: mapped pages would count as memory of the process
        with pa.OSFile(str(self._path)) as source:
            reader = pa.ipc.open_file(source)
            for index in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(index)])
