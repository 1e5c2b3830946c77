"""Reads Parquet in a process of its own, used for one file after another: a file that ends it is rejected.

What happens in that process is in `parquet_worker`.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

import pyarrow as pa

from orchestration.landing.formats.chunks import DOCUMENT_SCHEMA, Chunk
from orchestration.landing.formats.parquet_worker import LENGTH
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected, Reject, RejectedLine, unreadable

_MODULE = "orchestration.landing.formats.parquet_worker"
# a processor second may take long on a busy machine
_WAIT_PER_SECOND = 30
_LAST_WORDS_BYTES = 4096
_IDLE: list[_Worker] = []


class WorkerFailed(RuntimeError):
    """The process cannot be started: no file is at fault."""


def parquet_chunks_apart(source: BinaryIO, options: ReadOptions) -> Iterator[Chunk]:
    """Chunks of a Parquet file, read in another process.

    Args:
        source: a seekable binary file.
        options: the caps, and the limits of the process.

    Raises:
        FileRejected: it cannot be read, or the process ended as it read it.
        OSError: the disk does not give its bytes.
        WorkerFailed: the process cannot be started.
    """
    worker = _idle_worker() or _Worker()
    is_reusable = False
    try:
        worker.ask(source, options)
        while True:
            answer, data = worker.answer(options)
            if answer["kind"] != "chunk":
                break
            yield _chunk(answer, data)
        is_reusable = answer.get("reject", {}).get("rule") != "file.unreadable"
        _raise_unless_ended(answer)
    finally:
        if is_reusable:
            _IDLE.append(worker)
        else:
            worker.end()


def end_idle_workers() -> None:
    """End the processes that wait for a file; the next file starts one again."""
    while worker := _idle_worker():
        worker.end()


def _idle_worker() -> _Worker | None:
    """A process that this one started; those of a process it was forked from are not its own."""
    while _IDLE:
        worker = _IDLE.pop()
        if worker.owner == os.getpid():
            return worker
    return None


atexit.register(end_idle_workers)


class _Worker:
    """One such process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                # nothing else of the environment: it may hold secrets
                env={
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "ARROW_DEFAULT_MEMORY_POOL": "system",
                    "MALLOC_ARENA_MAX": "1",
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                start_new_session=True,
            )
        try:
            self.answer(ReadOptions())
        except FileRejected:
            reason = f"the process that reads Parquet cannot be started: {self._last_words()}"
            self.end()
            raise WorkerFailed(f"{reason}. Install this project's requirements again.") from None

    def ask(self, source: BinaryIO, options: ReadOptions) -> None:
        """Have it read a file."""
        request = json.dumps(asdict(options)).encode()
        with suppress(BrokenPipeError):  # its end is noticed as its answer is awaited
            if (number := _descriptor(source)) is not None:
                socket.send_fds(self._channel, [request], [number])
                return
            with _held(source) as held:
                socket.send_fds(self._channel, [request], [held.fileno()])

    def answer(self, options: ReadOptions) -> tuple[dict[str, Any], bytes]:
        """Its next answer.

        Raises:
            FileRejected: it ended, or does not answer.
        """
        self._channel.settimeout(options.reader_seconds * _WAIT_PER_SECOND)
        try:
            head, size = LENGTH.unpack(self._received(LENGTH.size))
            return json.loads(self._received(head)), self._received(size)
        except TimeoutError:
            self._process.kill()
            waited = options.reader_seconds * _WAIT_PER_SECOND
            raise unreadable("time", f"nothing came of it in {waited:,} seconds") from None
        except (EOFError, ConnectionError):
            raise self._ended(options) from None

    def _received(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._channel.recv(min(size - len(data), 1 << 20))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _ended(self, options: ReadOptions) -> FileRejected:
        """Why a file is rejected that ended the process."""
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            seconds = options.reader_seconds
            return unreadable("time", f"nothing came of it in {seconds} seconds of a processor")
        kind = signal.Signals(-code).name if code < 0 else f"exit {code}"
        words = self._last_words()
        return unreadable(kind, f"it ends the program that reads it ({kind}){words and f': {words}'}")

    def _last_words(self) -> str:
        """What the process wrote last, without the words of every abort."""
        self._errors.seek(max(0, self._errors.seek(0, io.SEEK_END) - _LAST_WORDS_BYTES))
        lines = self._errors.read().decode("utf-8", "backslashreplace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return last.strip().removeprefix("what():").strip()

    def end(self) -> None:
        """End it."""
        self._channel.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._errors.close()


def _descriptor(source: BinaryIO) -> int | None:
    """The number of an open file; none for bytes in memory."""
    try:
        return source.fileno()
    except (AttributeError, OSError):
        return None


def _held(source: BinaryIO) -> BinaryIO:
    """A file without a name, with the same bytes; in memory where the system has that."""
    if hasattr(os, "memfd_create"):
        held: BinaryIO = os.fdopen(os.memfd_create("parquet"), "w+b")
    else:
        held = tempfile.TemporaryFile()  # noqa: SIM115
    source.seek(0)
    held.write(source.read())
    held.seek(0)
    return held


def _chunk(answer: dict[str, Any], data: bytes) -> Chunk:
    """The chunk of an answer; its bytes are checked, since what reads a hostile file may send anything."""
    with pa.ipc.open_stream(data) as reader:
        rows = reader.read_all()
    rows.validate(full=True)
    documents = pa.Table.from_arrays(
        [rows["line_number"], rows["document"], rows["document"]], schema=DOCUMENT_SCHEMA
    )
    rejected = [
        RejectedLine(line["line_number"], line["text"], Reject(**line["reject"]))
        for line in answer["rejected"]
    ]
    return Chunk(documents, rejected)


def _raise_unless_ended(answer: dict[str, Any]) -> None:
    if answer["kind"] == "rejected":
        raise FileRejected(Reject(**answer["reject"]))
    if answer["kind"] == "unavailable":
        raise OSError(answer["errno"], answer["problem"])
