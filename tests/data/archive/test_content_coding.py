"""Archived bodies are unpacked as their headers say, and never to more than is allowed."""

from __future__ import annotations

import gzip
import random
import zlib
from contextlib import suppress

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from data.archive.content_coding import PIECE, Undecodable, decoded

TEXT = b"Statement of the harbour board. " * 9000


def bare_deflate(body: bytes) -> bytes:
    """Deflate without zlib's frame, as some servers send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": lambda body: gzip.compress(body[:999]) + gzip.compress(body[999:]),
    "deflate": zlib.compress,
    "deflate, gzip": lambda body: gzip.compress(bare_deflate(body)),
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "gzip , br": lambda body: brotli.compress(gzip.compress(body)),
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("coding", PACKED)
def test_each_coding_comes_off(coding: str) -> None:
    assert decoded(PACKED[coding](TEXT), coding, len(TEXT)) == TEXT
    assert decoded(PACKED[coding](b""), coding, 100) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_a_bomb_is_stopped(coding: str) -> None:
    body = bytes(60_000_000)
    for name in coding.split(", "):
        body = PACKED[name](body)
    with pytest.raises(Undecodable, match="larger than 1000 bytes"):
        decoded(body, coding, 1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_was_cut_off_gives_its_beginning_and_nonsense_is_refused(coding: str) -> None:
    whole = PACKED[coding](b"".join(b"%d," % n * 7 for n in range(50_000)))
    beginning = decoded(whole[: len(whole) // 2], coding, 10_000_000)
    assert beginning.startswith(b"0,0,0,")
    with pytest.raises(Undecodable, match=f"not {coding}"):
        decoded(b"\x07<html>no such thing</html>" * 50, coding, 1000)


def test_an_unknown_coding_is_left_and_a_tower_of_them_refused() -> None:
    assert decoded(b"abc", "compress", 10) == b"abc"
    with pytest.raises(Undecodable, match="one around the other"):
        decoded(b"abc", ", ".join(["gzip"] * 50), 10)


@given(st.binary(), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_no_bytes_break_it(body: bytes, coding: str) -> None:
    with suppress(Undecodable):
        assert len(decoded(body, coding, 5000)) <= 5000


def test_a_member_that_is_empty_or_ends_where_a_piece_does_hides_none_of_those_after_it() -> None:
    page = b"<p>Lamps are lit.</p>"
    assert decoded(gzip.compress(b"") * 2 + gzip.compress(page), "gzip", 1000) == page
    noise = random.Random(7).randbytes(70_000)
    for size in range(PIECE - 64, PIECE):
        first = gzip.compress(noise[:size])
        if len(first) == PIECE - 1:
            assert decoded(first + gzip.compress(page), "gzip", 100_000) == noise[:size] + page
            return
    raise AssertionError("no member ends one byte before a piece does")
