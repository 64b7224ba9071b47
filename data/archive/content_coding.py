"""Removal of content codings from response bodies, within a size limit (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import brotli
import zstandard

from data.errors import CommuniqueError

PIECE_BYTES: Final = 65_536
"""Number of bytes passed to a decoder per step. Small steps stop decompression bombs early."""

MAX_CODINGS: Final = 5
"""Maximum number of nested content codings of one body."""

GZIP_MAGIC: Final = b"\x1f\x8b"
GZIP_HEAD_BYTES: Final = 10
"""Size in bytes of the fixed-length part of a gzip header."""
GZIP_TRAILER_BYTES: Final = 8

ZSTD_HEAD_BYTES: Final = 18
"""Maximum size in bytes of a Zstandard frame header."""

SKIPPABLE: Final = b"\x2a\x4d\x18"
"""Bytes 2 to 4 of a skippable Zstandard frame. Its first byte is 0x50 to 0x5f."""

LAST_BLOCKS: Final = {"gzip": b"\3\0", "deflate": b"\3\0", "br": b"\3", "zstd": b"\1\0\0"}
"""Empty block at the end of a flushed stream, by content coding (RFC 1951, section 3.2.3; RFC 7932,
section 9.2; RFC 8878, section 3.1.1.2)."""


class Undecodable(CommuniqueError):
    """The body does not match its headers, or is too large after decompression."""


class TooLarge(Undecodable):
    """The decompressed body is larger than the limit."""


class Decoder(Protocol):
    """Interface of decoders, each of which decompresses one body in steps."""

    @property
    def ended(self) -> bool:
        """Return whether the stream reached its regular end."""

    def __call__(self, most: int) -> bytes:
        """Return the next bytes of the body (about ``most``), or b"" at the end."""


class Unpacked(NamedTuple):
    """A body after decompression. ``is_whole`` is false if its compressed stream ended early."""

    body: bytes
    is_whole: bool


def unpack(body: bytes, codings: str, limit: int) -> Unpacked:
    """Remove the content codings from a body.

    ``codings`` is the value of the Content-Encoding header. Unknown codings are kept. An empty body
    counts as complete. Raises TooLarge if the body exceeds ``limit`` bytes after any step, and
    Undecodable if it is broken.
    """
    names = [name.strip().lower().removeprefix("x-") for name in codings.split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > MAX_CODINGS:
        raise Undecodable(
            f"a body has {len(names)} nested content codings; the maximum is {MAX_CODINGS}"
        )
    is_whole = True
    for name in reversed(names):
        make = DECODERS.get(name)
        if make is None or not body:
            break
        body, ended = _unpacked(body, name, make, limit)
        is_whole &= ended
    return Unpacked(body, is_whole)


def is_flushed(body: bytes, codings: str, size: int) -> bool:
    """Return whether a compressed body lacks only the empty last block of its stream.

    Servers that flush a stream without ending it send such bodies. ``size`` is the number of
    decompressed bytes. Returns False for several codings.
    """
    last = LAST_BLOCKS.get(codings.strip().lower().removeprefix("x-"))
    if last is None:
        return False
    try:
        ended = unpack(body + last, codings, size)
    except Undecodable:
        return False
    return ended.is_whole and len(ended.body) == size


def _unpacked(body: bytes, name: str, make: Callable[[bytes], Decoder], limit: int) -> Unpacked:
    parts: list[bytes] = []
    size = 0
    try:
        decode = make(body)
        while out := decode(limit - size + 1):
            size += len(out)
            if size > limit:
                raise TooLarge(f"a body is larger than {limit} bytes after decompression")
            parts.append(out)
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise Undecodable(
            f"a body with the content coding {name} can't be decoded: {error}"
        ) from error
    return Unpacked(b"".join(parts), decode.ended)


class _Deflate:
    """Decoder for gzip with several members (RFC 1952) and for deflate.

    Deflate may have a zlib frame (RFC 1950). Checksums are not compared, because some servers send
    wrong or truncated ones. Bytes after the end are ignored as padding.
    """

    def __init__(self, body: bytes, *, gzip: bool) -> None:
        self._body = body
        self._gzip = gzip
        self._at = 0
        self.ended = False
        if gzip:
            self._inner = self._member()
        else:
            # The first two bytes identify a zlib frame (RFC 1950, section 2.2).
            framed = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0  # noqa: PLR2004
            self._at = 2 if framed else 0
            self._inner = zlib.decompressobj(-15)

    def __call__(self, most: int) -> bytes:
        while not self.ended:
            data = self._inner.unconsumed_tail
            if not data:
                data = self._body[self._at : self._at + PIECE_BYTES]
                self._at += len(data)
            out = self._inner.decompress(data, most)
            if self._inner.eof:
                self._at += GZIP_TRAILER_BYTES - len(self._inner.unused_data)
                # A gzip body may have more members.
                self.ended = not (self._gzip and self._body.startswith(GZIP_MAGIC, self._at))
                if not self.ended:
                    self._inner = self._member()
            if out or not (data or self.ended):
                return out
        return b""

    def _member(self) -> zlib._Decompress:
        """Skip the header of a gzip member and return a decompressor (RFC 1952, section 2.3)."""
        body, at = self._body, self._at
        if not body.startswith(GZIP_MAGIC[: len(body)], at):
            raise zlib.error("the body has no gzip header")
        flags = body[at + 3] if len(body) > at + 3 else 0
        at += GZIP_HEAD_BYTES
        if flags & 4:
            at += 2 + int.from_bytes(body[at : at + 2], "little")
        for flag in (8, 16):
            if flags & flag:
                end = body.find(b"\0", at)
                at = end + 1 if end >= 0 else len(body)
        self._at = at + 2 if flags & 2 else at
        return zlib.decompressobj(-15)


class _Brotli:
    """Decoder for Brotli (RFC 7932). The library limits the size of the output."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._inner = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._inner.is_finished())

    def __call__(self, most: int) -> bytes:
        while not self.ended:
            piece = b""
            if self._inner.can_accept_more_data():
                piece = self._body[self._at : self._at + PIECE_BYTES]
                self._at += len(piece)
            out = bytes(self._inner.process(piece, output_buffer_limit=most))
            if out or not piece:
                return out
        return b""


class _Zstandard:
    """Decoder for Zstandard (RFC 8878) with any number of frames."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)

    @property
    def ended(self) -> bool:
        """Return whether the last frame is complete. The library does not report this."""
        body, at = self._body, 0
        while at < len(body):
            if body[at + 1 : at + 4] == SKIPPABLE and body[at] >> 4 == 5:  # noqa: PLR2004
                at += 8 + int.from_bytes(body[at + 4 : at + 8], "little")
                continue
            frame = body[at : at + ZSTD_HEAD_BYTES]
            try:
                has_checksum = zstandard.get_frame_parameters(frame).has_checksum
                at += zstandard.frame_header_size(frame)
            except zstandard.ZstdError:
                return False
            is_last = False
            while not is_last:
                block = int.from_bytes(body[at : at + 3], "little")
                if at + 3 > len(body):
                    return False
                is_last = bool(block & 1)
                at += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
            at += 4 * has_checksum
        return at == len(body)

    def __call__(self, most: int) -> bytes:
        return bytes(self._reader.read(min(most, 16 * PIECE_BYTES)))


DECODERS: Final[dict[str, Callable[[bytes], Decoder]]] = {
    "gzip": lambda body: _Deflate(body, gzip=True),
    "deflate": lambda body: _Deflate(body, gzip=False),
    "br": _Brotli,
    "zstd": _Zstandard,
}
