"""Decompression within a bound: equal to aiokafka's own below it, and never more above it, whatever a batch claims."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import cramjam
import pytest
from aiokafka import codec
from hypothesis import given
from hypothesis import strategies as st

from streams.engine import decompression
from streams.engine.decompression import LIMIT_BYTES, UnreadableBatchError, gunzip, unlz4, unsnap, unzstd

Way = Callable[[Any], bytes]
WAYS: dict[str, tuple[Way, Way]] = {
    "gzip": (codec.gzip_encode, gunzip),
    "xerial": (codec.snappy_encode, unsnap),
    "snappy": (lambda data: bytes(cramjam.snappy.compress_raw(data)), unsnap),
    "lz4": (codec.lz4_encode, unlz4),
    "zstd": (codec.zstd_encode, unzstd),
}
FAST: dict[str, Way] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "xerial": codec.snappy_encode,
    "snappy": lambda data: bytes(cramjam.snappy.compress_raw(data)),
    "lz4": lambda data: codec.lz4_encode(data, level=1),
    "zstd": codec.zstd_encode,
}


@pytest.mark.parametrize("name", WAYS)
@given(data=st.binary(min_size=1, max_size=300), times=st.integers(1, 1_000))
def test_what_was_compressed_comes_back(name: str, data: bytes, times: int):
    compress, decompress = WAYS[name]

    assert decompress(memoryview(compress(data * times))) == data * times


@pytest.mark.parametrize("name", WAYS)
def test_the_limit_itself_is_taken_and_a_byte_more_is_not(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decompression, "LIMIT_BYTES", 300_000)
    compress, decompress = WAYS[name]

    assert len(decompress(compress(bytes(300_000)))) == 300_000
    with pytest.raises(UnreadableBatchError, match=r"decompresses .* to more than"):
        decompress(compress(bytes(300_001)))


@pytest.mark.parametrize("name", WAYS)
def test_a_small_batch_that_claims_much_takes_little_memory(name: str):
    bomb = FAST[name](bytes(8 * LIMIT_BYTES))

    tracemalloc.start()
    with pytest.raises(UnreadableBatchError, match="more than 64 MiB"):
        WAYS[name][1](bomb)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2.5 * LIMIT_BYTES


@pytest.mark.parametrize("name", WAYS)
@given(data=st.binary(min_size=1, max_size=60))
def test_what_is_no_stream_is_that_one_error_or_some_bytes(name: str, data: bytes):
    with suppress(UnreadableBatchError):
        assert len(WAYS[name][1](data)) <= LIMIT_BYTES


@pytest.mark.parametrize("size", [-4, -(2**31), 0, 2**31 - 1])
def test_a_block_of_java_s_snappy_that_claims_nonsense_ends(size: int):
    framed = codec.snappy_encode(b"abc")

    with pytest.raises(UnreadableBatchError, match="is no snappy"):
        unsnap(framed[:16] + size.to_bytes(4, "big", signed=True) + framed[20:])


def test_members_and_frames_that_follow_each_other_are_one():
    assert gunzip(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    assert unlz4(codec.lz4_encode(b"a") + codec.lz4_encode(b"b")) == b"ab"
    assert unzstd(codec.zstd_encode(b"a") + codec.zstd_encode(b"b")) == b"ab"


def test_a_stream_that_ends_too_early_is_no_stream():
    with pytest.raises(UnreadableBatchError, match="ends too early"):
        gunzip(gzip.compress(b"a" * 1_000)[:-9])
