"""Cursors for the pagination of the API.

A cursor contains the position of the last item in sort order, not a number of items. So additions
and removals do not shift the next page. The checksum of a cursor includes the address and filters
for which the cursor is valid. It detects a truncated or altered cursor. A cursor contains no
secret: a forged cursor only leads to another position in public data.
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
"""Size in bytes of a cursor's checksum."""

BAD_CURSOR: Final = (
    "this cursor does not belong to this address and these filters: use one from a response"
)


def encode(belongs: str, place: Any) -> str:
    """Return the cursor for a position in a list. ``belongs`` identifies the list."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(check_of(belongs, packed) + packed).rstrip(b"=").decode()


def decode(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """Return the position in a cursor. Raises ApiError (400) if the cursor is invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if check == check_of(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise ApiError(400, BAD_CURSOR, parameter=parameter)


def check_of(belongs: str, packed: bytes) -> bytes:
    """Return the checksum of a cursor's content. ``belongs`` identifies the cursor's list."""
    return blake2b(
        packed, digest_size=CHECKSUM_BYTES, person=b"cursor", key=key_of(belongs)
    ).digest()


def key_of(belongs: str) -> bytes:
    """Return the hash key (32 bytes) for the checksums of a list's cursors."""
    return blake2b(belongs.encode(), digest_size=32).digest()
