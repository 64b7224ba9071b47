"""Bodies as they were served, unpacked within a bound (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import brotli
import zstandard

from data.errors import CommuniqueError

PIECE: Final = 65_536
"""Bytes that go into a decoder at a time; a bomb is stopped after few of them."""

MOST_CODINGS: Final = 5
"""Codings of one body, one around the other."""


class Undecodable(CommuniqueError):
    """A body is not what its headers say, or more than is taken."""


class Decoder(Protocol):
    """Unpacks what it is given piece by piece."""

    def __call__(self, piece: bytes, most: int) -> bytes:
        """The next bytes, about ``most`` at the most; nothing where another piece is needed."""


def decoded(body: bytes, codings: str, limit: int) -> bytes:
    """A body without its content codings, given as the header writes them.

    Unknown ones are left as they are. Raises Undecodable where it is broken or longer than
    ``limit`` bytes at any stage; one that was cut off gives what there is of it.
    """
    names = [name.strip().lower().removeprefix("x-") for name in codings.split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > MOST_CODINGS:
        raise Undecodable(f"a body has {len(names)} content codings, one around the other")
    for name in reversed(names):
        make = DECODERS.get(name)
        if make is None:
            return body
        body = b"".join(_unpacked(body, name, make, limit))
    return body


def _unpacked(
    body: bytes, name: str, make: Callable[[bytes], Decoder], limit: int
) -> Iterator[bytes]:
    decode, size = make(body), 0
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        while True:
            try:
                out = decode(piece, limit - size + 1)
            except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
                raise Undecodable(f"a body is not {name}, as its headers say: {error}") from error
            size += len(out)
            if size > limit:
                raise Undecodable(f"a body is larger than {limit} bytes when it is unpacked")
            if not out:
                break
            yield out
            piece = b""


class _Zlib:
    """gzip, of several members too, and deflate with its frame or, as some servers send, bare."""

    def __init__(self, body: bytes, *, gzip: bool) -> None:
        # A frame of zlib is told by its first two bytes (RFC 1950, section 2.2).
        framed = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0  # noqa: PLR2004
        self._bits = 31 if gzip else 15 if framed else -15
        self._gzip = gzip
        self._inner = zlib.decompressobj(self._bits)
        self._left = b""

    def __call__(self, piece: bytes, most: int) -> bytes:
        piece = self._left + piece
        self._left = b""
        while True:
            if self._inner.eof:
                if self._gzip and piece == b"\x1f":
                    self._left = piece  # another member may begin here
                    return b""
                if not self._gzip or not piece.startswith(b"\x1f\x8b"):
                    return b""  # what follows the end is padding
                self._inner = zlib.decompressobj(self._bits)
            out = self._inner.decompress(piece, most)
            piece = self._left = self._inner.unconsumed_tail or self._inner.unused_data
            if out or not (self._inner.eof and piece):
                return out


class _Brotli:
    """Brotli, which holds back output that is too much at a time (RFC 7932)."""

    def __init__(self, body: bytes) -> None:
        del body
        self._inner = brotli.Decompressor()

    def __call__(self, piece: bytes, most: int) -> bytes:
        if self._inner.is_finished() or not (piece or not self._inner.can_accept_more_data()):
            return b""
        return bytes(self._inner.process(piece, output_buffer_limit=most))


class _Zstandard:
    """Zstandard (RFC 8878), read from what came so far."""

    def __init__(self, body: bytes) -> None:
        self._reader = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True)

    def __call__(self, piece: bytes, most: int) -> bytes:
        del piece
        return bytes(self._reader.read(min(most, 16 * PIECE)))


DECODERS: Final[dict[str, Callable[[bytes], Decoder]]] = {
    "gzip": lambda body: _Zlib(body, gzip=True),
    "deflate": lambda body: _Zlib(body, gzip=False),
    "br": _Brotli,
    "zstd": _Zstandard,
}
