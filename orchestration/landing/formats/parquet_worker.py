"""The process that reads Parquet: the native reader can abort, and must not take the run with it.

It is started and talked to in `parquet_process`; here are its limits and its answers. It holds no secret
and no other open file than the one it reads.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from orchestration.landing.formats.chunks import Chunk
from orchestration.landing.formats.parquet_rows import parquet_chunks
from orchestration.landing.options import MIB, ReadOptions
from orchestration.landing.rejects import FileRejected, unreadable

LENGTH = struct.Struct("!II")
_ERRORS_BYTES = MIB
_REQUEST_BYTES = 4096


def main() -> None:
    """Answer requests on the standard input until its other end is closed."""
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, _ERRORS_BYTES)  # of what the native reader writes as it aborts
    channel = socket.socket(fileno=0)
    send(channel, {"kind": "ready"})
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, _REQUEST_BYTES, 1)
        if not request:
            return
        with os.fdopen(descriptors[0], "rb", buffering=0) as source:
            for answer, data in _answers(source, ReadOptions(**json.loads(request))):
                send(channel, answer, data)


def _answers(source: io.FileIO, options: ReadOptions) -> Iterator[tuple[dict[str, Any], bytes]]:
    """An answer for each chunk, and one that says how the file ended."""
    limit(resource.RLIMIT_AS, options.reader_bytes)
    allowed = options.reader_seconds * (1 + os.fstat(source.fileno()).st_size / MIB)
    started = time.process_time()
    chunks = parquet_chunks(source, options)
    try:
        while True:
            # the system ends this process if nothing came of so much work
            limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + options.reader_seconds)
            chunk = next(chunks, None)
            if chunk is None:
                break
            if time.process_time() - started > allowed:
                raise unreadable("time", f"reading it took more than {allowed:.0f} seconds of a processor")
            yield _sent(chunk)
    except FileRejected as error:
        yield {"kind": "rejected", "reject": asdict(error.reject)}, b""
    except MemoryError:
        reason = f"reading it takes more than {options.reader_bytes // MIB:,} MiB of memory"
        yield {"kind": "rejected", "reject": asdict(unreadable("memory", reason).reject)}, b""
    except OSError as error:
        yield {"kind": "unavailable", "errno": error.errno, "problem": error.strerror}, b""
    except Exception as error:
        yield {"kind": "rejected", "reject": asdict(unreadable(type(error).__name__, str(error)).reject)}, b""
    else:
        yield {"kind": "end"}, b""


def _sent(chunk: Chunk) -> tuple[dict[str, Any], bytes]:
    """A row's text is its document, so that it is sent once."""
    sink = pa.BufferOutputStream()
    rows = chunk.documents.select(["line_number", "document"])
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return {"kind": "chunk", "rejected": [asdict(line) for line in chunk.rejected]}, sink.getvalue()


def send(channel: socket.socket, answer: dict[str, Any], data: bytes = b"") -> None:
    """Send an answer and its bytes, each after its length."""
    head = json.dumps(answer).encode()
    channel.sendall(LENGTH.pack(len(head), len(data)) + head)
    channel.sendall(data)


def limit(kind: int, most: int) -> None:
    """Set a limit of this process, where the system has it."""
    _, hard = resource.getrlimit(kind)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
