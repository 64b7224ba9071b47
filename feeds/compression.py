"""Compressed pieces that join into one gzip file without being compressed again.

A piece is a run of whole deflate blocks that ends on a byte and refers to nothing before itself
(RFC 1951, section 3.2); such runs make one stream in any order. Around it go the header and the
check sum of gzip (RFC 1952).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import brotli
import zstandard
from isal import igzip, isal_zlib

LEVEL = 2
"""ISA-L's better compression of small inputs; 3 is a little smaller and takes twice as long."""

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""No name, no time, no system: the same content gives the same bytes."""

LAST = b"\x03\x00"
"""An empty block that says it is the last."""


def deflated(content: bytes) -> bytes:
    """One piece."""
    packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush(isal_zlib.Z_SYNC_FLUSH)


@lru_cache(maxsize=2000)
def often_deflated(content: bytes) -> bytes:
    """One piece that many documents share, or many entries of one."""
    return deflated(content)


def stored(content: bytes) -> bytes:
    """A short piece as it is: nothing for nothing, or one block that is not compressed."""
    return (
        b"\0" + struct.pack("<HH", len(content), len(content) ^ 0xFFFF) + content
        if content
        else b""
    )


def gzipped(content: bytes, pieces: Iterable[bytes]) -> bytes:
    """A gzip file of ``content``, of which ``pieces`` are the deflated parts."""
    return b"".join((HEADER, *pieces, trailer(isal_zlib.crc32(content), len(content))))


def trailer(check: int, length: int) -> bytes:
    """The end of a gzip file whose content has this check sum and length in bytes."""
    return LAST + struct.pack("<II", check, length & 0xFFFFFFFF)


def is_gzip_of(packed: bytes, content: bytes) -> bool:
    """Whether a gzip file of ours was made of just this content, by its check sum and length."""
    check = struct.pack("<II", isal_zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return packed.startswith(HEADER) and packed.endswith(check)


COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=6).compress(body),
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: igzip.compress(body, 3, mtime=0),
}
"""How to make the codings that are offered, in the order of preference."""

CODINGS = tuple(COMPRESS)
IDENTITY = "identity"
