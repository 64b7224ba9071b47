"""Fast check of ordinary records: responses, revisits and requests that this program wrote.

One regular expression reads all fields of a record. Any other record is left to the complete check
in record_checks.py, which describes the fault.

Two digests are computed: one of the compressed bytes, which cover the whole record, and one of the
payload. The block digest in the header of an ordinary response is only compared with the log, so
that pages are not hashed a third time.
"""

import datetime as dt
import json
import re
from functools import lru_cache
from hashlib import sha256
from typing import Final

from data.archive.log.leaves import LAYOUT, VERSION
from data.archive.verification.read_results import Position, Records
from data.archive.warc.archive_record import STATUS
from data.archive.warc.http_head import LINE_END, media_type_of
from data.archive.warc.reader import HEAD_END, Member
from data.archive.warc.records import NO_BYTES
from data.clock import EPOCH, MICROSECOND

HEAD: Final = re.compile(
    rb"WARC/1\.1\r\n"
    rb"WARC-Type: (request|response|revisit)\r\n"
    rb"WARC-Record-ID: <(urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})>\r\n"
    rb"WARC-Date: ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z)\r\n"
    rb"WARC-Target-URI: (https?://[!#-\[\]-~]+)\r\n"
    rb"(?:WARC-IP-Address: [!-~]+\r\n)?"
    rb"(?:WARC-Protocol: [!-~]+\r\n)?"
    rb"(?:WARC-Concurrent-To: [!-~]+\r\n)?"
    rb"(?:WARC-Profile: [!-~]+\r\nWARC-Refers-To: [!-~]+\r\n"
    rb"WARC-Refers-To-Target-URI: [!-~]+\r\nWARC-Refers-To-Date: [!-~]+\r\n)?"
    rb"WARC-Block-Digest: sha256:([0-9a-f]{64})\r\n"
    rb"(?:WARC-Payload-Digest: sha256:([0-9a-f]{64})\r\n)?"
    rb"Communique-Salt: ([0-9a-f]{32})\r\n"
    rb"Content-Type: application/http; msgtype=(?:request|response)\r\n"
    rb"Content-Length: ([0-9]{1,9})\r\n\r\n"
)
"""Header of an ordinary record, in the order in which data/archive/warc/records.py writes it."""

RECORD_ID_START: Final = len("urn:uuid:")

CDXJ_LINE_END: Final = (
    b' %s {"url": "%s",%s%s "digest": "sha256:%s", "length": "%d", "offset": "%d",'
    b' "filename": "%s", "leaf": "%d"}\n'
)
"""End of the CDXJ line of a record, after its key."""

CAPTURED: Final = (
    b' "digest": "%s", "length": "%d", "offset": "%d", "filename": "%s", "leaf": "%d"}\n'
)
"""Last part of CDXJ_LINE_END, with the facts that are also in the store."""

ZERO: Final = ord("0")

CONTENT_TYPE: Final = b"\r\ncontent-type:"


def is_intact(found: Records, name: str, member: Member) -> bool:
    """Return whether a record is ordinary and matches its leaf, its digests and its CDXJ line.

    If so, it is counted in ``found``. ``name`` is the file's name without ``.open``.
    """
    content = member.content
    head = HEAD.match(content)
    if head is None:
        return False
    kind, urn, date, uri, stated_block, stated_payload, salt, size = head.groups()
    record_id = bytes.fromhex(urn[RECORD_ID_START:].replace(b"-", b"").decode())
    number = found.leaves.only_number(record_id)
    begin, end = head.end(), head.end() + int(size)
    body = content.find(HEAD_END, begin, end) + len(HEAD_END)
    if number is None or number in found.seen or not begin < body <= end <= len(content):
        return False
    payload = bytes.fromhex(stated_payload.decode()) if stated_payload else NO_BYTES
    block = bytes.fromhex(stated_block.decode())
    with memoryview(content) as view:
        if kind == b"response":
            whole = sha256(view[body:end]).digest() == payload
        else:
            whole = sha256(view[begin:end]).digest() == block
    micros = _micros(date)
    if not whole or micros is None:
        return False
    salted = sha256(bytes.fromhex(salt.decode()) + uri).digest()
    leaf = LAYOUT.pack(VERSION, salted, micros, payload, block, member.digest, record_id)
    if leaf != found.leaves.entry(number):
        return False
    if kind == b"request":
        fits = stated_payload is None and member.offset not in found.lines
    else:
        second = date[:19].translate(None, b"-:T")
        facts = second, uri, *_type_and_status(content[begin:body], kind)
        place = stated_payload, member.length, member.offset, name.encode(), number
        fits = (kind == b"response" or payload in found.revisits) and _is_listed(
            found, member, CDXJ_LINE_END % (*facts, *place), urn.decode()
        )
        if fits and kind == b"response":
            found.payloads.add(payload)
    if fits:
        found.seen.add(number)
        found.count += 1
        here = Position(member.offset, number, urn.decode(), uri.decode(), kind == b"request")
        found.follow(name, here)
    return fits


@lru_cache(maxsize=16)  # a request and its response have the same date
def _micros(date: bytes) -> int | None:
    """Return a WARC-Date in microseconds since 1970, or None if it is invalid."""
    try:
        return (dt.datetime.fromisoformat(date.decode()) - EPOCH) // MICROSECOND
    except ValueError:
        return None


def _is_listed(found: Records, member: Member, listed: bytes, record_id: str) -> bool:
    """Return whether a record has the right CDXJ line and matches the store's capture.

    ``listed`` is the expected line without its key. If both are right, the line and the capture are
    removed from ``found``. Otherwise, the complete check reports the fault.
    """
    line = found.lines.line(member.offset)
    if not line.endswith(listed) or line.find(b" ") != len(line) - len(listed):
        return False
    capture = found.captures.get(record_id)
    if capture is not None:
        own = CAPTURED % (
            capture.digest.encode(),
            capture.length,
            capture.offset,
            capture.file.encode(),
            capture.leaf,
        )
        if not listed.endswith(own):
            return False
        found.take(record_id)
    found.lines.drop(member.offset)
    return True


def _type_and_status(head: bytes, kind: bytes) -> tuple[bytes, bytes]:
    """Return the media type and the status of a response, as written in its CDXJ line."""
    words = head[: head.find(LINE_END)].split(b" ", 2)
    known = len(words) > 1 and STATUS.fullmatch(words[1]) and words[1][0] != ZERO
    status = b' "status": "%s",' % words[1] if known else b""
    if kind == b"revisit":
        return b' "mime": "warc/revisit",', status
    at = head.lower().find(CONTENT_TYPE)
    if at < 0:
        return b"", status
    at += len(CONTENT_TYPE)
    media_type = media_type_of(head[at : head.find(LINE_END, at)].strip()) or ""
    return b' "mime": %s,' % json.dumps(media_type).encode(), status
