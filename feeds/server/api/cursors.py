"""Cursors of the API: positions in an order.

A cursor contains a position in an order, not a count, so additions and removals do not shift the
next page. Its checksum covers the address and filters that it belongs to, and detects a truncated
or altered cursor. It contains no secret: a forged cursor only leads to another position in public
data.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from feeds.server.api.problems import ApiError

Place = TypeVar("Place")

CHECKSUM_BYTES: Final = 8
"""Size of the checksum in bytes."""

BAD_CURSOR: Final = (
    "this cursor does not belong to this address and these filters: use one from a response"
)


def encode(belongs: str, place: Any) -> str:
    """Return the cursor for a position in the list that ``belongs`` names."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(check_of(belongs, packed) + packed).rstrip(b"=").decode()


def decode(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """Return the position in a cursor. Raises ApiError (400) if it is invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if check == check_of(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise ApiError(400, BAD_CURSOR, parameter=parameter)


def check_of(belongs: str, packed: bytes) -> bytes:
    """Return the checksum of a cursor's content, keyed by the list that it ``belongs`` to."""
    return blake2b(
        packed, digest_size=CHECKSUM_BYTES, person=b"cursor", key=key_of(belongs)
    ).digest()


def key_of(belongs: str) -> bytes:
    """Return a hash key of 32 bytes for the list that a cursor belongs to."""
    return blake2b(belongs.encode(), digest_size=32).digest()
