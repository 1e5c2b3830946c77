"""Work on many batches by processes of their own, one for each core; in this process where that fails.

Not here: the work (pages.py).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

Batch = TypeVar("Batch")
Done = TypeVar("Done")
# each takes about 150 MB
MOST_PROCESSES = 8


def in_processes(work: Callable[[Batch], Done], batches: Sequence[Batch]) -> Iterator[Done]:
    """Do the work of each batch, in any order, and yield the results in the order of the batches.

    One batch is worked on in this process, where the start of others would cost more than it saves. If a
    process is killed, for its memory perhaps, what it and the others have not done is done here: the work
    must give the same when it is repeated. The first exception of a batch is raised here, and stops the rest.

    Args:
        work: a function that can be pickled, as can its batches and results.
    """
    processes = min(len(batches), os.cpu_count() or 1, MOST_PROCESSES)
    if processes < 2:
        yield from map(work, batches)
        return
    # a copy of this process, made by fork, could hold locks of threads that it has not
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            results = [pool.submit(work, batch) for batch in batches]
            for batch, result in zip(batches, results, strict=True):
                try:
                    done = result.result()
                except BrokenProcessPool:
                    done = work(batch)
                yield done
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Leave an interrupt to the parent, and end when it does, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
