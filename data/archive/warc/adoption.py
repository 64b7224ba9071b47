"""Preparation of records from other archives for import, without changes to their content.

Other programs write digests in hexadecimal or base 32; both are accepted.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from data.archive.log.leaf import SALT_BYTES
from data.archive.warc.archive_record import WITH_PAYLOAD, ArchiveRecord
from data.archive.warc.cdxj import entry_of
from data.archive.warc.records import SALT_FIELD, Fields, NewRecord, compressed, digest_text, sha256

REPLACED_FIELDS: Final = frozenset(["content-length", SALT_FIELD.lower()])
"""Names of WARC fields that receive new values on import."""

ALGORITHMS: Final[dict[str, Callable[[bytes], Any]]] = {
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


def adopted(fields: Fields, block: bytes) -> NewRecord:
    """Return a record with the given WARC fields and block, and with a new salt for its leaf.

    All fields are kept, including id and date. A wrong payload digest is replaced, because later
    records would refer to it. SHA-256 digests are written in hexadecimal. A digest with another
    algorithm is kept if it may belong to the body without its chunked coding. Missing digests are
    added. The salt is always new, because anyone who knows it can guess addresses.
    """
    found = ArchiveRecord("", 0, 0, b"", fields, block)
    payload = b""
    if found.kind in WITH_PAYLOAD:
        payload = sha256(found.http.payload if found.is_http else block)
    kept = [field for field in fields if field[0].lower() not in REPLACED_FIELDS]
    stated = found.field("WARC-Payload-Digest")
    if payload and stated != digest_text(payload) and _is_wrong(found, stated):
        kept = [field for field in kept if field[0].lower() != "warc-payload-digest"]
    stated, whole = found.field("WARC-Block-Digest"), digest_text(sha256(block))
    if not stated or (stated != whole and stated.lower().startswith("sha256:")):
        kept = [field for field in kept if field[0].lower() != "warc-block-digest"]
        kept.append(("WARC-Block-Digest", whole))
    if payload and not ArchiveRecord("", 0, 0, b"", tuple(kept), block).field(
        "WARC-Payload-Digest"
    ):
        kept.append(("WARC-Payload-Digest", digest_text(payload)))
    kept.append((SALT_FIELD, os.urandom(SALT_BYTES).hex()))
    kept.append(("Content-Length", str(len(block))))
    member = compressed(kept, block)
    record = ArchiveRecord("", 0, len(member), sha256(member), tuple(kept), block)
    leaf = record.leaf()
    if leaf is None:
        raise AssertionError("a WARC record with a new salt must have an entry for the log")
    entry = entry_of(record, -1)
    return NewRecord(
        record.record_id,
        record.uri,
        leaf,
        member,
        record.field("WARC-Payload-Digest"),
        listed=entry is not None,
        media_type=entry.media_type if entry else None,
        status=entry.status if entry else 0,
        posted=entry.posted if entry else "",
    )


def _is_wrong(record: ArchiveRecord, stated: str) -> bool:
    """Return whether the payload digest ``stated`` in a record is certainly wrong.

    It is not the payload's SHA-256 digest, but it may be a correct digest with another algorithm.
    """
    digest = parse_digest(stated)
    if digest is None:
        return stated.lower().startswith("sha256:")
    if digest.algorithm == "sha256":
        return True
    if record.is_http and record.http.header(b"transfer-encoding"):
        return False
    return not digest.is_of(record.http.payload if record.is_http else record.block)


class Digest(NamedTuple):
    """A digest: the name of its algorithm, and its value in bytes."""

    algorithm: str
    value: bytes

    def is_of(self, content: bytes) -> bool:
        """Return whether this is the digest of ``content``."""
        return bool(ALGORITHMS[self.algorithm](content).digest() == self.value)


def parse_digest(text: str) -> Digest | None:
    """Parse the value of a field such as WARC-Payload-Digest.

    Returns None if the digest is invalid or its algorithm is unknown.
    """
    name, _, value = text.strip().partition(":")
    name = name.lower().replace("-", "")
    if name not in ALGORITHMS:
        return None
    size = ALGORITHMS[name](b"").digest_size
    try:
        if len(value) == 2 * size:
            return Digest(name, bytes.fromhex(value))
        found = base64.b32decode(value.rstrip("=").upper() + "=" * (-len(value.rstrip("=")) % 8))
    except (ValueError, binascii.Error):
        return None
    return Digest(name, found) if len(found) == size else None
