"""Compression is recognised by the bytes, verified to the end, and bounded.

Not here: lines and rows.
"""

import gzip
import io
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from orchestration.landing.formats.compression import plain_blocks
from orchestration.landing.options import ReadOptions
from orchestration.landing.rejects import FileRejected

TEXT = b"".join(b'{"n":%d}\n' % n for n in range(20_000))
COMPRESSIONS = [
    gzip.compress,
    zstandard.compress,
    lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
]
Compress = Callable[[bytes], bytes]


def unpack(data: bytes, options: ReadOptions | None = None) -> bytes:
    return b"".join(plain_blocks(io.BytesIO(data), options or ReadOptions()))


def rejection(data: bytes, options: ReadOptions | None = None) -> tuple[str, str]:
    with pytest.raises(FileRejected) as caught:
        unpack(data, options)
    return caught.value.reject.rule, caught.value.reject.reason


@pytest.mark.parametrize("compress", [bytes, *COMPRESSIONS])
def test_decompressing_restores_the_bytes(compress: Compress) -> None:
    assert unpack(compress(TEXT)) == TEXT
    assert unpack(compress(b"")) == b""


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_several_members_are_one_file(compress: Compress) -> None:
    assert unpack(compress(TEXT) + compress(b"") + compress(b"more")) == TEXT + b"more"


def test_zeros_after_gzip_are_padding() -> None:
    assert unpack(gzip.compress(TEXT) + b"\0" * 2_000_000 + gzip.compress(b"more")) == TEXT + b"more"


@pytest.mark.parametrize("compress", COMPRESSIONS)
@pytest.mark.parametrize("cut", [1, 5, 200, 10_000])
def test_a_truncated_file_is_rejected(compress: Compress, cut: int) -> None:
    whole = compress(TEXT)
    rule, reason = rejection(whole[: max(5, len(whole) - cut)])
    assert rule in ("file.gzip", "file.zstd")
    assert "is truncated" in reason


def test_a_wrong_crc_is_rejected() -> None:
    damaged = bytearray(gzip.compress(TEXT))
    damaged[-6] ^= 1
    rule, reason = rejection(bytes(damaged))
    assert rule == "file.gzip"
    assert "incorrect data check" in reason


def test_a_wrong_zstd_checksum_is_rejected() -> None:
    damaged = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(TEXT))
    damaged[-1] ^= 1
    assert rejection(bytes(damaged))[0] == "file.zstd"


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_garbage_after_the_data_is_rejected(compress: Compress) -> None:
    assert rejection(compress(TEXT) + b"garbage")[0] in ("file.gzip", "file.zstd")


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_decompression_bomb_is_rejected_before_it_fills_the_memory(compress: Compress) -> None:
    bomb = compress(bytes(200_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(FileRejected) as caught:
            for _ in plain_blocks(io.BytesIO(bomb), ReadOptions(free_bytes=1_000_000)):
                pass
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.reject.rule == "file.ratio"


def test_a_small_file_may_have_a_high_ratio() -> None:
    assert unpack(gzip.compress(b" " * 30_000_000)) == b" " * 30_000_000


def test_a_file_over_the_size_cap_is_rejected() -> None:
    assert rejection(TEXT, ReadOptions(max_file_bytes=1000))[0] == "file.size"
    assert rejection(gzip.compress(TEXT), ReadOptions(max_file_bytes=100_000))[0] == "file.size"
