"""Creation of archive records: WARC 1.1, one gzip member per record.

Three WARC fields are specific to this program:
- Communique-Salt has 16 bytes in hexadecimal. The log hashes the record's address with this salt,
  so that a leaf does not reveal the address.
- Communique-Rendered marks a document that a browser built, which is not a server's response.
- Communique-Posted has the form fields of a POST request (data.text.urls). Indexes list the
  response under its address with these fields as a query.

Digests are SHA-256 in hexadecimal, as printed by sha256sum and checked by other WARC programs.
"""

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal, TypeAlias
from uuid import UUID, uuid4

from isal.igzip_lib import COMP_GZIP, compress

from data.archive.log.leaves import SALT_BYTES, Leaf, uri_hash
from data.archive.warc.http_head import media_type_of, request_head, response_head
from data.models.capture import Capture, Exchange
from data.text.clean import allowed
from data.text.masking import masked
from data.text.urls import escaped, posted_query, web_address

Kind: TypeAlias = Literal["warcinfo", "response", "request", "revisit", "metadata", "resource"]
Fields: TypeAlias = tuple[tuple[str, str], ...]

SALT_FIELD: Final = "Communique-Salt"
RENDERED_FIELD: Final = "Communique-Rendered"
RENDERED: Final = "browser"
POSTED_FIELD: Final = "Communique-Posted"

CONFORMS_TO: Final = (
    "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
)

LEVEL: Final = 2
"""Compression level of igzip. It takes a tenth of the time of zlib's level 6 and produces 12 % more
bytes."""

LISTED_KINDS: Final = frozenset(["response", "revisit", "metadata", "resource"])
"""Types of records that indexes contain."""

REVISIT: Final = "warc/revisit"
"""Media type of revisit records in indexes."""


SERVER_NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
"""Profile of revisit records for responses with status 304 (WARC 1.1, section 6.7)."""
IDENTICAL_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
"""Profile of revisit records for responses with an already stored payload (WARC 1.1, section
6.7)."""

RESPONSE: Final = "application/http; msgtype=response"
REQUEST: Final = "application/http; msgtype=request"
WARC_FIELDS: Final = "application/warc-fields"

MAX_URI_LENGTH: Final = 8000
"""Maximum length in characters of an address in a record (RFC 9110, section 4.1)."""

PLAIN: Final = re.compile(
    r"https?://[a-z0-9.-]+(?::\d+)?/(?:[A-Za-z0-9._~!$&'()*+,;:/?-]|%[0-9A-Fa-f]{2})*"
)
"""Pattern of addresses that are stored unchanged: they conform to RFC 3986 and have no user and no
query."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to append. ``member`` is the compressed record.

    ``record_id`` is the WARC-Record-ID without angle brackets, ``digest`` the payload digest. If
    ``listed``, indexes contain the record with its ``digest``, ``media_type``, ``status`` and
    ``posted`` fields. For a POST, ``request_id`` is the id of the request's record.
    """

    record_id: str
    uri: str
    leaf: Leaf
    member: bytes
    digest: str
    listed: bool = False
    media_type: str | None = None
    status: int = 0
    posted: str = ""
    request_id: UUID | None = None

    def capture(self, file: str, end: int, leaf: int) -> Capture:
        """Return the capture of this record, which ends at byte ``end`` of a file.

        ``leaf`` is the number of the record's leaf.
        """
        length = len(self.member)
        return Capture(self.record_id, file, end - length, length, self.digest, leaf, self.leaf.at)


@dataclass(frozen=True, slots=True)
class Original:
    """A stored record that has a payload and can be the target of revisit records.

    ``payload`` is the payload's SHA-256 digest.
    """

    record_id: str
    uri: str
    date: str
    payload: bytes


def sha256(content: bytes) -> bytes:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(content).digest()


NO_BYTES: Final = sha256(b"")
"""Payload digest of an empty payload."""


def digest_text(digest: bytes) -> str:
    """Return a SHA-256 digest in the notation of WARC fields."""
    return f"sha256:{digest.hex()}"


def warc_date(at: dt.datetime) -> str:
    """Format an aware time as a WARC-Date: UTC, with microseconds."""
    return f"{at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def target_uri(url: str) -> tuple[str, bool]:
    """Return a URL as written to WARC records, and whether it is complete.

    User names, passwords, values of secret parameters, and characters after the first 8,000 are
    removed. Fragments are also removed, but the URL still counts as complete, because fragments are
    never sent to servers.
    """
    if PLAIN.fullmatch(url) and len(url) <= MAX_URI_LENGTH:
        return url, True
    asked = allowed(url).partition("#")[0]
    cut = masked(asked)
    whole = cut == asked and len(cut) <= MAX_URI_LENGTH
    return (web_address(cut) or escaped(cut))[:MAX_URI_LENGTH], whole


def original_of(fields: Fields, *, rendered: bool) -> Original | None:
    """Return a stored record as the original for revisit records, or None if it can't be used.

    ``fields`` are the record's WARC fields. Its payload must be complete. If ``rendered``, the new
    response is a document that a browser built. The stored payload must be of the same kind.
    """
    named = dict(fields)
    digest = named.get("WARC-Payload-Digest", "").removeprefix("sha256:")
    if (
        named.get("WARC-Type") != "response"
        or "WARC-Truncated" in named
        or (RENDERED_FIELD in named) != rendered
    ):
        return None
    try:
        record_id = named["WARC-Record-ID"].strip("<>")
        return Original(
            record_id, named["WARC-Target-URI"], named["WARC-Date"], bytes.fromhex(digest)
        )
    except (KeyError, ValueError):
        return None


def response(
    exchange: Exchange, uri: str, payload: bytes, *, original: Original | None = None
) -> NewRecord:
    """Create the record of a response. ``payload`` is the SHA-256 of its body.

    With an ``original``, the result is a revisit record, which contains only the HTTP header.
    """
    head = response_head(exchange)
    fields: list[tuple[str, str]] = []
    if exchange.ip:
        fields.append(("WARC-IP-Address", exchange.ip))
    if exchange.protocol and not exchange.rendered:
        fields.append(("WARC-Protocol", exchange.protocol.lower()))
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated))
    if exchange.rendered:
        fields.append((RENDERED_FIELD, RENDERED))
    posted = posted_query(exchange.posted)
    request_id = uuid4() if posted else None
    if request_id:
        fields.append((POSTED_FIELD, posted))
        # cdxj-indexer reads the posted fields only if the second record refers to the first.
        fields.append(("WARC-Concurrent-To", f"<{request_id.urn}>"))
    if original:
        not_modified = exchange.status == 304  # noqa: PLR2004 - Not Modified
        fields += [
            ("WARC-Profile", SERVER_NOT_MODIFIED if not_modified else IDENTICAL_PAYLOAD),
            ("WARC-Refers-To", f"<{original.record_id}>"),
            ("WARC-Refers-To-Target-URI", original.uri),
            ("WARC-Refers-To-Date", original.date),
        ]
        media_type: str | None = REVISIT
    else:
        head += exchange.body
        served = (v for name, v in exchange.headers if name.lower() == b"content-type")
        media_type = media_type_of(next(served, None))
    return _made(
        "revisit" if original else "response",
        uri,
        exchange.at,
        head,
        RESPONSE,
        original.payload if original else payload,
        fields,
        media_type=media_type,
        status=exchange.status,
        posted=posted,
        request_id=request_id,
    )


def request(exchange: Exchange, answer: NewRecord) -> NewRecord:
    """Create the record of a request without values of secret parameters.

    ``answer`` is the record of the response.
    """
    uri = answer.uri
    body = masked(f"?{exchange.posted}")[1:].encode("utf-8", "replace")
    block = request_head(exchange, uri) + body
    fields = [("WARC-Concurrent-To", f"<{answer.record_id}>")]
    number = answer.request_id
    return _made("request", uri, exchange.at, block, REQUEST, None, fields, record_id=number)


def warcinfo(file: str, at: dt.datetime, block: bytes) -> NewRecord:
    """Create the record about the program and operator that write the following records."""
    fields = [("WARC-Filename", file)]
    return _made("warcinfo", "", at, block, WARC_FIELDS, None, fields)


def about_writer(agent: str, robots: str, operator: str) -> bytes:
    """Return facts about this program and its operator as application/warc-fields.

    ``agent`` is our user agent, and ``robots`` our policy for robots.txt. Empty values are omitted.
    """
    facts = {
        "software": f"Communique/{version('communique')}",
        "format": "WARC File Format 1.1",
        "conformsTo": CONFORMS_TO,
        "operator": operator,
        "robots": robots,
        "http-header-user-agent": agent,
    }
    lines = [f"{name}: {field_value(value)}\r\n" for name, value in facts.items() if value]
    return "".join(lines).encode()


def metadata(uri: str, content_type: str, block: bytes, at: dt.datetime) -> NewRecord:
    """Create a metadata record about the archive."""
    payload, kind = sha256(block), media_type_of(content_type.encode())
    uri = target_uri(uri)[0]
    return _made("metadata", uri, at, block, content_type, payload, [], media_type=kind)


def resource(
    uri: str, content_type: str, block: bytes, at: dt.datetime, page: str = ""
) -> NewRecord:
    """Create a resource record for a file that is not a server's response.

    ``uri`` has the form for records. ``page`` is the id of the record of the page that the file
    shows, or empty.
    """
    fields = [("WARC-Concurrent-To", f"<{page}>")] if page else []
    payload, kind = sha256(block), media_type_of(content_type.encode())
    return _made("resource", uri, at, block, content_type, payload, fields, media_type=kind)


def _made(  # noqa: PLR0917 - a record has many parts
    kind: Kind,
    uri: str,
    at: dt.datetime,
    block: bytes,
    content_type: str,
    payload: bytes | None,
    fields: list[tuple[str, str]],
    *,
    media_type: str | None = None,
    status: int = 0,
    posted: str = "",
    request_id: UUID | None = None,
    record_id: UUID | None = None,
) -> NewRecord:
    """Create a record. ``payload`` is the SHA-256 of its payload, or None if it has no payload.

    ``media_type``, ``status`` and ``posted`` are values for indexes.
    """
    record_id = record_id or uuid4()
    urn = record_id.urn
    salt = os.urandom(SALT_BYTES)
    digest = sha256(block)
    told = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{urn}>"),
        ("WARC-Date", warc_date(at)),
        ("WARC-Target-URI", uri),
        *fields,
        ("WARC-Block-Digest", digest_text(digest)),
        ("WARC-Payload-Digest", "" if payload is None else digest_text(payload)),
        (SALT_FIELD, salt.hex()),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    ]
    member = compressed([field for field in told if field[1]], block)
    payload = NO_BYTES if payload is None else payload
    return NewRecord(
        urn,
        uri,
        Leaf(uri_hash(salt, uri), at, payload, digest, sha256(member), record_id),
        member,
        digest_text(payload),
        listed=kind in LISTED_KINDS and media_type != WARC_FIELDS,
        media_type=media_type,
        status=status,
        posted=posted,
        request_id=request_id,
    )


def field_value(value: str) -> str:
    """Return a valid value for a WARC field: line breaks and control characters become spaces."""
    return _CONTROL.sub(" ", value.encode(errors="replace").decode()).strip()


def compressed(fields: Iterable[tuple[str, str]], block: bytes) -> bytes:
    """Encode a record from its WARC fields and block, and compress it to a gzip member."""
    named = [
        f"{name}: {value.strip() if value.isprintable() else field_value(value)}\r\n"
        for name, value in fields
    ]
    head = f"WARC/1.1\r\n{''.join(named)}\r\n".encode()
    return compress(b"".join((head, block, b"\r\n\r\n")), LEVEL, COMP_GZIP)
