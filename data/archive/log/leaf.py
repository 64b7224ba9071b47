"""A leaf of the log: what one record of the archive was, in digests alone.

It tells nobody which address was fetched: that is hashed with a salt, which stands in the record.
So whoever holds the record can show that it is the one of the leaf; once the record is cut out, the
leaf tells its date alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
from dataclasses import dataclass
from typing import Final
from uuid import UUID

VERSION: Final = 1

LAYOUT: Final = struct.Struct(">B32sq32s32s32s16s")
"""Version, hash of the URI, microseconds since 1970, three digests, record id; big-endian."""

ENTRY: Final = LAYOUT.size
"""Bytes of an entry of the log: 153."""

SALT: Final = 16
"""Bytes of the salt of a record."""

ID: Final = 16
"""Bytes of a record id, which end an entry."""

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record of the archive.

    ``uri`` is what uri_hash gives of its WARC-Target-URI, ``at`` its WARC-Date (aware). ``payload``
    and ``block`` are the SHA-256 of what WARC calls so, and ``record`` that of the whole record as
    it lies in the file, compressed: 32 bytes each. A record without a payload has that of no bytes.
    """

    uri: bytes
    at: dt.datetime
    payload: bytes
    block: bytes
    record: bytes
    record_id: UUID

    def encode(self) -> bytes:
        """The entry of the log: ENTRY bytes. Raises ValueError for a hash of another length."""
        if not len(self.uri) == len(self.payload) == len(self.block) == len(self.record) == 32:  # noqa: PLR2004
            raise ValueError("a hash of a leaf has 32 bytes")
        at = (self.at - EPOCH) // MICROSECOND
        digests = self.payload, self.block, self.record
        return LAYOUT.pack(VERSION, self.uri, at, *digests, self.record_id.bytes)


def decode_leaf(entry: bytes) -> Leaf:
    """The leaf that an entry of the log holds. Raises ValueError where it is none."""
    if len(entry) != ENTRY or entry[0] != VERSION:
        raise ValueError("this entry of the log is no leaf of version 1")
    _, uri, at, payload, block, record, record_id = LAYOUT.unpack(entry)
    try:
        when = EPOCH + at * MICROSECOND
    except OverflowError as error:
        raise ValueError("the date of this leaf is beyond the year 9999") from error
    return Leaf(uri, when, payload, block, record, UUID(bytes=record_id))


def uri_hash(salt: bytes, uri: str) -> bytes:
    """The salted hash of the address of a record: SHA-256 of the salt, then the URI in UTF-8."""
    return hashlib.sha256(salt + uri.encode()).digest()
