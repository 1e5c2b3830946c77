"""Decompresses gzip and zstd, recognised by their bytes and not by the file name.

Knows nothing of lines or rows; a file that is damaged, too large or a decompression bomb is rejected whole.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

from orchestration.landing.options import FILE_CAP, RATIO_CAP, ReadOptions, or_raise
from orchestration.landing.rejects import FileRejected, file_rejected

_BLOCK_BYTES = 1024 * 1024
# zstd can unpack to 32,000 times its size, so it is fed in small pieces
_ZSTD_PIECE_BYTES = 2048
_ZSTD_WINDOW_BYTES = 128 * 1024 * 1024
_GZIP_PIECE_BYTES = 16 * 1024
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_REDELIVER = "Deliver the complete file again under the same or another name."


class ByteSource(Protocol):
    """A source of bytes: at most `size` at a time, b"" at the end."""

    def read(self, size: int, /) -> bytes: ...


def plain_blocks(source: ByteSource, options: ReadOptions) -> Iterator[bytes]:
    """The plain bytes of a file, in blocks of about 1 MiB.

    Raises:
        FileRejected: damaged or cut compression, garbage after it, or a cap exceeded.
    """
    counted = _Counted(source)
    unpacked_bytes = 0
    for block in _joined(_unpacked(counted)):
        unpacked_bytes += len(block)
        check_caps(unpacked_bytes, packed_bytes=counted.count, options=options)
        yield block


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins with these bytes is compressed."""
    return head.startswith((_GZIP, _ZSTD)) or head[1:4] == _ZSTD_SKIPPABLE


def check_caps(unpacked_bytes: int, *, packed_bytes: int, options: ReadOptions) -> None:
    """Reject a file that is, or unpacks to, more than allowed.

    Raises:
        FileRejected: naming the cap.
    """
    if unpacked_bytes > options.max_file_bytes:
        raise file_rejected(
            "file.size",
            f"the file holds more than {options.max_file_bytes} bytes ({FILE_CAP})",
            f"Deliver it in smaller files, {or_raise(FILE_CAP)}.",
            value=f"{unpacked_bytes} bytes",
        )
    if unpacked_bytes > max(options.free_bytes, options.max_ratio * packed_bytes):
        raise file_rejected(
            "file.ratio",
            f"the file unpacks to more than {options.max_ratio} times its size ({RATIO_CAP})",
            f"Deliver it uncompressed, or in smaller files, {or_raise(RATIO_CAP)}.",
            value=f"{unpacked_bytes} bytes from {packed_bytes}",
        )


class _Counted:
    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.count = 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self.count += len(data)
        return data


def _unpacked(source: ByteSource) -> Iterator[bytes]:
    head = source.read(_BLOCK_BYTES)
    if head.startswith(_GZIP):
        yield from _gunzipped(_Pieces(head, source, _GZIP_PIECE_BYTES))
    elif head.startswith(_ZSTD) or head[1:4] == _ZSTD_SKIPPABLE:
        yield from _unzstd(_Pieces(head, source, _ZSTD_PIECE_BYTES))
    else:
        while head:
            yield head
            head = source.read(_BLOCK_BYTES)


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of a useful size: what reads them begins a record again with each block."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


class _Pieces:
    """Compressed bytes in small pieces: what a member or frame leaves unused is copied."""

    def __init__(self, head: bytes, source: ByteSource, piece_bytes: int) -> None:
        self._block, self._at = head, 0
        self._source, self._piece_bytes = source, piece_bytes

    def next(self) -> bytes:
        """The next piece; b"" at the end."""
        if self._at == len(self._block):
            self._block, self._at = self._source.read(_BLOCK_BYTES), 0
        piece = self._block[self._at : self._at + self._piece_bytes]
        self._at += len(piece)
        return piece


def _gunzipped(pieces: _Pieces) -> Iterator[bytes]:
    """All members of a gzip file; zlib checks each one's CRC and length."""
    pending = pieces.next()
    while pending:
        if len(pending) < len(_GZIP):
            pending += pieces.next()
        if not pending.startswith(_GZIP):
            raise _cut("gzip") if _GZIP.startswith(pending) else _garbage("gzip", pending)
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                block = member.decompress(pending, _BLOCK_BYTES)
            except zlib.error as error:
                raise _damaged("gzip", str(error)) from error
            pending = member.unconsumed_tail
            if block:
                yield block
            elif not member.eof and not pending:
                pending = pieces.next()
                if not pending:
                    raise _cut("gzip")
        # zeros after a member are padding, as for gzip itself
        pending = member.unused_data.lstrip(b"\0")
        while not pending and (more := pieces.next()):
            pending = more.lstrip(b"\0")


def _unzstd(pieces: _Pieces) -> Iterator[bytes]:
    """All frames of a zstd file; zstd checks a frame's checksum where it has one."""
    pending = pieces.next()
    while pending:
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
        while not frame.eof:
            if not pending:
                raise _cut("zstd")
            try:
                block = frame.decompress(pending)
            except zstandard.ZstdError as error:
                raise _damaged("zstd", str(error)) from error
            if block:
                yield block
            pending = b"" if frame.eof else pieces.next()
        pending = frame.unused_data or pieces.next()


def _cut(kind: str) -> FileRejected:
    return file_rejected(f"file.{kind}", f"the {kind} data is truncated", _REDELIVER)


def _damaged(kind: str, found: str) -> FileRejected:
    return file_rejected(f"file.{kind}", f"the {kind} data is damaged: {found}", _REDELIVER, value=found)


def _garbage(kind: str, found: bytes) -> FileRejected:
    return file_rejected(
        f"file.{kind}",
        f"data that is not {kind} follows the {kind} data",
        _REDELIVER,
        value=repr(found[:20]),
    )
