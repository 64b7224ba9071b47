"""Records of WARC files, with their fields, HTTP messages and leaves."""

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from data.archive.log.leaves import Leaf, uri_hash
from data.archive.warc.http_head import field_of, split_head
from data.archive.warc.records import (
    NO_BYTES,
    POSTED_FIELD,
    RENDERED_FIELD,
    SALT_FIELD,
    Fields,
    sha256,
)
from data.models.capture import Capture, Headers
from data.text.urls import posted_address

STATUS: Final = re.compile(rb"[0-9]{3}")

SALT_TEXT: Final = re.compile(r"[0-9a-f]{32}")

OWN_ID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Pattern that matches record ids written by this program."""

DIGEST_TEXT: Final = re.compile(r"sha256:([0-9a-f]{64})")

WITH_PAYLOAD: Final = frozenset(["response", "metadata", "resource"])
"""Types of records whose block contains a payload."""


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP message: its header lines, and its payload as stored."""

    lines: Sequence[bytes]
    payload: bytes

    @property
    def headers(self) -> Headers:
        """Return the names and values of the header fields."""
        return tuple(field_of(line) for line in self.lines[1:])

    @property
    def status(self) -> int:
        """Return the status code of a response, or 0 for a request."""
        words = self.lines[0].split(b" ", 2)
        return int(words[1]) if len(words) > 1 and STATUS.fullmatch(words[1]) else 0

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header field, or None. ``name`` must be in lower case."""
        start = name + b":"
        named = (one for one in self.lines[1:] if one[: len(start)].lower() == start)
        return next((field_of(line)[1] for line in named), None)


@dataclass(frozen=True)
class ArchiveRecord:
    """A record of a WARC file. Its properties are cached.

    ``file`` is the file's name without ``.open``. ``offset`` and ``length`` locate the compressed
    record in the file, and ``digest`` is the SHA-256 of its compressed bytes.
    """

    file: str
    offset: int
    length: int
    digest: bytes
    fields: Fields
    block: bytes

    def field(self, name: str) -> str:
        """Return the first value of a WARC field, or an empty string."""
        return self._values.get(name.lower(), "")

    @cached_property
    def _values(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.fields)}

    @property
    def kind(self) -> str:
        """Return the WARC-Type, such as ``response``."""
        return self.field("WARC-Type")

    @property
    def record_id(self) -> str:
        """Return the WARC-Record-ID without brackets."""
        return self.field("WARC-Record-ID").strip("<> ")

    @property
    def uri(self) -> str:
        """Return the WARC-Target-URI."""
        return self.field("WARC-Target-URI").strip("<> ")

    @property
    def address(self) -> str:
        """Return the record's address, which includes the form fields of a POST request."""
        return posted_address(self.uri, self.field(POSTED_FIELD))

    @cached_property
    def at(self) -> dt.datetime:
        """Return the WARC-Date in UTC, or 1970-01-01 if the date is invalid."""
        try:
            at = dt.datetime.fromisoformat(self.field("WARC-Date"))
            return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
        except (ValueError, OverflowError):
            return dt.datetime.fromtimestamp(0, dt.UTC)

    def capture(self, leaf: int) -> Capture:
        """Return the record's capture for the store. ``leaf`` is the number of its leaf."""
        digest = self.field("WARC-Payload-Digest")
        return Capture(self.record_id, self.file, self.offset, self.length, digest, leaf, self.at)

    @property
    def rendered(self) -> bool:
        """Return whether the body is a document that a browser built."""
        return bool(self.field(RENDERED_FIELD))

    @cached_property
    def http(self) -> Http:
        """Return the HTTP message in the record's block. A revisit record has no payload."""
        return Http(*split_head(self.block))

    @property
    def is_http(self) -> bool:
        """Return whether the record's block is an HTTP message."""
        return self.field("Content-Type").partition(";")[0].strip() == "application/http"

    def leaf(self) -> Leaf | None:
        """Return the record's leaf for the transparency log, or None if the record has no salt.

        The leaf of a revisit record contains the payload digest from its fields, because its
        payload is in another record.
        """
        salt = self.field(SALT_FIELD)
        if not SALT_TEXT.fullmatch(salt):
            return None
        payload, block = NO_BYTES, sha256(self.block)
        if self.kind in WITH_PAYLOAD:
            payload = sha256(self.http.payload) if self.is_http else block
        elif digest := DIGEST_TEXT.fullmatch(self.field("WARC-Payload-Digest")):
            payload = bytes.fromhex(digest[1])
        uri = uri_hash(bytes.fromhex(salt), self.uri)
        return Leaf(uri, self.at, payload, block, self.digest, uuid_of(self.record_id))


def is_whole(record: ArchiveRecord) -> bool:
    """Return whether the block of a record matches the digest in its WARC fields."""
    stated = record.field("WARC-Block-Digest")
    return stated == f"sha256:{hashlib.sha256(record.block).hexdigest()}"


def uuid_of(record_id: str) -> UUID:
    """Return the UUID in a record id. For other ids, the UUID is derived from the id."""
    if OWN_ID.fullmatch(record_id):
        return UUID(bytes=bytes.fromhex(record_id[len("urn:uuid:") :].replace("-", "")))
    try:
        return UUID(record_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, record_id)
