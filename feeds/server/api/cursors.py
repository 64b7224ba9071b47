"""Cursors: where a page ends, as a word that nobody but this server needs to understand.

A cursor holds a place in an order, not a count, so what comes or goes meanwhile moves nothing. It
says what it belongs to, and a checksum tells one that was cut, changed or made up. It holds no
secret, and one that somebody takes the trouble to forge leads to another place of what is public.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from feeds.server.api.problems import Refused

CHECK: Final = 8
"""Bytes of the checksum."""

Place = TypeVar("Place")

BAD: Final = "this is no cursor of this address and these filters: take one as an answer gave it"


def encode(belongs: str, place: Any) -> str:
    """The cursor for a place in what ``belongs`` names."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(check_of(belongs, packed) + packed).rstrip(b"=").decode()


def decode(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """The place that a cursor holds. Raises Refused (400)."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECK], raw[CHECK:]
        if check == check_of(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise Refused(400, BAD, parameter=parameter)


def check_of(belongs: str, packed: bytes) -> bytes:
    """What tells a cursor of ours."""
    return blake2b(packed, digest_size=CHECK, person=b"cursor", key=key_of(belongs)).digest()


def key_of(belongs: str) -> bytes:
    """What a cursor belongs to, in few bytes."""
    return blake2b(belongs.encode(), digest_size=32).digest()
