"""Archived bodies are unpacked as their headers say, and never to more than is allowed."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from data.archive.content_coding import PIECE_BYTES, Undecodable, is_flushed, unpack

TEXT = b"Statement of the harbour board. " * 9000


def bare_deflate(body: bytes) -> bytes:
    """Deflate without zlib's frame, as some servers send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": lambda body: gzip.compress(body[:999]) + gzip.compress(body[999:]),
    "deflate": zlib.compress,
    "deflate, gzip": lambda body: gzip.compress(bare_deflate(body)),
    "br": partial(brotli.compress, quality=5),
    "zstd": zstandard.compress,
    "gzip , br": lambda body: brotli.compress(gzip.compress(body)),
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("coding", PACKED)
def test_each_content_coding_is_decoded(coding: str) -> None:
    assert unpack(PACKED[coding](TEXT), coding, len(TEXT)).body == TEXT
    assert unpack(PACKED[coding](b""), coding, 100).body == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_bomb_is_stopped(coding: str) -> None:
    body = bytes(60_000_000)
    for name in coding.split(", "):
        body = PACKED[name](body)
    with pytest.raises(Undecodable, match="larger than 1000 bytes"):
        unpack(body, coding, 1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_the_beginning_of_a_truncated_stream_is_read_and_nonsense_is_refused(coding: str) -> None:
    whole = PACKED[coding](b"".join(b"%d," % n * 7 for n in range(50_000)))
    beginning = unpack(whole[: len(whole) // 2], coding, 10_000_000).body
    assert beginning.startswith(b"0,0,0,")
    with pytest.raises(Undecodable, match=f"content coding {coding}"):
        unpack(b"\x07<html>no such thing</html>" * 50, coding, 1000)


def test_an_unknown_coding_is_kept_and_a_long_chain_of_codings_is_refused() -> None:
    assert unpack(b"abc", "compress", 10).body == b"abc"
    with pytest.raises(Undecodable, match="nested content codings"):
        unpack(b"abc", ", ".join(["gzip"] * 50), 10)


@given(st.binary(), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_no_bytes_break_it(body: bytes, coding: str) -> None:
    with suppress(Undecodable):
        assert len(unpack(body, coding, 5000).body) <= 5000


def test_members_after_an_empty_one_or_one_at_a_chunk_end_are_read() -> None:
    page = b"<p>Lamps are lit.</p>"
    assert unpack(gzip.compress(b"") * 2 + gzip.compress(page), "gzip", 1000).body == page
    noise = random.Random(7).randbytes(70_000)
    for size in range(PIECE_BYTES - 64, PIECE_BYTES):
        first = gzip.compress(noise[:size])
        if len(first) == PIECE_BYTES - 1:
            assert unpack(first + gzip.compress(page), "gzip", 100_000).body == noise[:size] + page
            return
    raise AssertionError("no member ends one byte before a piece does")


@pytest.mark.parametrize("coding", [*PACKED, "bare deflate"])
def test_a_stream_that_ends_early_is_not_whole(coding: str) -> None:
    pack = PACKED.get(coding, bare_deflate)
    whole, coding = pack(b"".join(b"%d," % n for n in range(5_000))), coding.removeprefix("bare ")
    assert unpack(whole, coding, 1_000_000).is_whole
    assert unpack(b"", coding, 1_000_000) == (b"", True)
    for end in (10, len(whole) // 3, len(whole) // 2, len(whole) - 9):
        is_plain = coding in {"", "identity"}
        assert unpack(whole[:end], coding, 1_000_000).is_whole == is_plain


def test_a_second_member_that_ends_early_is_missed_and_padding_after_the_last_is_not() -> None:
    page = b"".join(b"%d," % n for n in range(5_000))
    for pack in (gzip.compress, zstandard.compress):
        name = "gzip" if pack is gzip.compress else "zstd"
        two = pack(page) * 2
        assert unpack(two, name, 1_000_000) == (page * 2, True)
        assert not unpack(two[:-20], name, 1_000_000).is_whole
    for padding in (b"\0" * 20, b"\x1f", b"trailing garbage"):
        assert unpack(gzip.compress(page) + padding, "gzip", 1_000_000) == (page, True)


def flushed_deflate(body: bytes, wbits: int) -> bytes:
    """A stream that is flushed and not ended."""
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)


def flushed_brotli(body: bytes) -> bytes:
    """The same in Brotli."""
    packer = brotli.Compressor()
    return bytes(packer.process(body) + packer.flush())


def flushed_zstandard(body: bytes) -> bytes:
    """The same in Zstandard."""
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress(body) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def test_a_stream_that_was_flushed_and_not_ended_is_recognized() -> None:
    page = b"".join(b"%d," % n for n in range(5_000))
    streams = [
        ("gzip", flushed_deflate(page, 31)),
        ("x-gzip", flushed_deflate(page, 31)),
        ("deflate", flushed_deflate(page, 15)),
        ("deflate", flushed_deflate(page, -15)),
        ("br", flushed_brotli(page)),
        ("zstd", flushed_zstandard(page)),
    ]
    for coding, body in streams:
        assert unpack(body, coding, len(page)) == (page, False)
        assert is_flushed(body, coding, len(page))
        for end in (20, len(body) // 2, len(body) - 5):
            size = len(unpack(body[:end], coding, len(page)).body)
            assert not is_flushed(body[:end], coding, size)
    twice = gzip.compress(streams[0][1])
    assert not is_flushed(twice, "gzip, gzip", len(page))


def test_a_wrong_or_missing_checksum_of_gzip_costs_nothing() -> None:
    packed = gzip.compress(TEXT)
    for body in (packed[:-8], packed[:-8] + b"\7" * 8, packed[:-3]):
        assert unpack(body, "gzip", len(TEXT)) == (TEXT, True)
    named = (
        packed[:3]
        + b"\x1e"
        + packed[4:10]
        + b"\3\0abc"
        + b"name\0"
        + b"note\0"
        + b"hh"
        + packed[10:]
    )
    assert unpack(named, "gzip", len(TEXT)) == (TEXT, True)
