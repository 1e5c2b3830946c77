"""The rows of one large file, kept aside until the file has proved whole.

Only storage; whether the rows count is decided in `ingestion`.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa


class Spool:
    """An uncompressed Arrow file, removed at the end."""

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
        """Keep rows."""
        self._writer.write_table(rows)

    def tables(self) -> Iterator[pa.Table]:
        """What was kept, in the pieces it came in; nothing can be added any more."""
        self._writer.close()
        # Not mapped: pages of a mapped file count as memory of the process.
        with pa.OSFile(str(self._path)) as source:
            reader = pa.ipc.open_file(source)
            for place in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(place)])
