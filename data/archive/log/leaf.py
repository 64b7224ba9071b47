"""Leaf of the transparency log, which describes one archive record only by digests.

A leaf does not reveal the requested address: it contains a hash of the address and a salt that is
in the record. Whoever has the record can prove that it belongs to the leaf. After the record is
removed, the leaf reveals only its date.
"""

import datetime as dt
import hashlib
import struct
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from data.clock import EPOCH, MICROSECOND

VERSION: Final = 1
"""Version of the leaf format."""

LAYOUT: Final = struct.Struct(">B32sq32s32s32s16s")
"""Layout of a log entry (big-endian): version, hash of the URI, microseconds since 1970, three
digests and the record id."""

ENTRY_BYTES: Final = LAYOUT.size
"""Size of a log entry in bytes (153)."""

SALT_BYTES: Final = 16
"""Size of a record's salt in bytes."""

ID_BYTES: Final = 16
"""Size in bytes of the record id at the end of an entry."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The leaf of one archive record in the transparency log.

    ``uri`` is the salted hash (`uri_hash`) of the record's WARC-Target-URI, and ``at`` its
    WARC-Date (aware). ``payload`` and ``block`` are the SHA-256 of these parts of the record, as
    defined by WARC. ``record`` is the SHA-256 of the whole compressed record. A record without a
    payload has the SHA-256 of zero bytes.
    """

    uri: bytes
    at: dt.datetime
    payload: bytes
    block: bytes
    record: bytes
    record_id: UUID

    def encode(self) -> bytes:
        """Encode the leaf as a log entry. Raises ValueError if a hash has the wrong length."""
        if not len(self.uri) == len(self.payload) == len(self.block) == len(self.record) == 32:  # noqa: PLR2004
            raise ValueError("a hash of a leaf must have 32 bytes")
        at = (self.at - EPOCH) // MICROSECOND
        digests = self.payload, self.block, self.record
        return LAYOUT.pack(VERSION, self.uri, at, *digests, self.record_id.bytes)


def decode_leaf(entry: bytes) -> Leaf:
    """Parse a log entry. Raises ValueError if the entry is invalid."""
    if len(entry) != ENTRY_BYTES or entry[0] != VERSION:
        raise ValueError("the log entry is not a leaf of version 1")
    _, uri, at, payload, block, record, record_id = LAYOUT.unpack(entry)
    try:
        when = EPOCH + at * MICROSECOND
    except OverflowError as error:
        raise ValueError("the date of the leaf is after the year 9999") from error
    return Leaf(uri, when, payload, block, record, UUID(bytes=record_id))


def uri_hash(salt: bytes, uri: str) -> bytes:
    """Return the SHA-256 of a salt followed by an address in UTF-8."""
    return hashlib.sha256(salt + uri.encode()).digest()
