"""Which of several identical records of one file a record is: the first has 0.

A file that grew is one file, in however many batches it was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq

from orchestration.lake.batch_writer import DELIVERIES, SOURCE_RECORDS

_REPEATED = """
    select row_index, occurrence
    from (
        select
            batch_id,
            file_row_number as row_index,
            row_number() over (
                partition by file_path, content_hash order by batch_id, file_row_number
            ) - 1 as occurrence
        from read_parquet($files)
        where
            batch_id = $batch_id
            or (file_path, batch_id) in (select unnest($continued_files), unnest($continued_batches))
    ) as counted
    where batch_id = $batch_id and occurrence > 0
"""


def occurrences(batches: Iterable[Path], batch: Path, *, spill_to: Path) -> np.ndarray:
    """The occurrence of each record of a batch, in the order of its file.

    Args:
        batches: all batches up to it, oldest first.
        batch: one of them.
        spill_to: a folder for what does not fit in memory.
    """
    counts = np.zeros(pq.read_metadata(_records(batch)).num_rows, np.int64)
    continued = _continued(list(batches), batch)
    files = sorted({batch, *(earlier for _, earlier in continued)})
    with duckdb.connect(config={"temp_directory": str(spill_to)}) as connection:
        repeated = connection.execute(
            _REPEATED,
            {
                "files": [str(_records(each)) for each in files],
                "batch_id": int(batch.name),
                "continued_files": [name for name, _ in continued],
                "continued_batches": [int(earlier.name) for _, earlier in continued],
            },
        ).fetchnumpy()
    counts[np.asarray(repeated["row_index"], np.int64)] = np.asarray(repeated["occurrence"], np.int64)
    return counts


def _continued(batches: list[Path], batch: Path) -> list[tuple[str, Path]]:
    """The files of which the batch read only what had been added, and the batches that read the rest."""
    growing = {name for name, after in _deliveries(batch) if after is not None}
    found: list[tuple[str, Path]] = []
    for earlier in reversed(batches[: batches.index(batch)]):
        if not growing:
            break
        for name, after in _deliveries(earlier):
            if name in growing:
                found.append((name, earlier))
                if after is None:
                    growing.discard(name)
    return [(name, earlier) for name, earlier in found if _records(earlier).exists()]


def _deliveries(batch: Path) -> list[tuple[str, int | None]]:
    rows = pq.read_table(batch / f"{DELIVERIES}.parquet").to_pydict()
    after = rows.get("continued_after") or [None] * len(rows["file_path"])
    return [
        (name, lines)
        for name, lines, status in zip(rows["file_path"], after, rows["status"], strict=True)
        if status == "loaded"
    ]


def _records(batch: Path) -> Path:
    return batch / f"{SOURCE_RECORDS}.parquet"
