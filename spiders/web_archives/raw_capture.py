"""Restore captures as first stored, by removing the additions of web archives."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from data.models.capture import Headers

ORIGINAL_PREFIX: Final = "x-archive-orig-"
"""Prefix of the headers in which the Wayback Machine returns the headers of the site's response."""

KEPT_HEADERS: Final = ("content-type", "content-language", "last-modified", "etag")
"""Names of response headers that are used if the archive does not mark which headers come from the
site."""

DROPPED_HEADERS: Final = frozenset(["content-encoding", "content-length", "transfer-encoding"])
"""Names of the site's headers that describe the encoded body. They are dropped, because the archive
may have decoded it."""

INSERTED_PARTS: Final = tuple(
    (re.compile(beginning, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for beginning, end in (
        (rb"<!-- WB Insert -->", rb"<!-- End WB Insert -->"),
        (rb"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", rb"<!-- END WAYBACK TOOLBAR INSERT -->"),
        (
            rb"<script[^<>]{0,500}/_static/js/",
            rb"<!-- End Wayback Rewrite JS Include -->[ \t\r\n]*",
        ),
        (rb"<!--[ \t\r\n]{0,9}FILE ARCHIVED ON ", rb"-->[ \t\r\n]*"),
        (rb"<!--[ \t\r\n]{0,9}playback timings ", rb"-->[ \t\r\n]*"),
    )
)
"""Patterns of the start and the end of each part that pywb and the Wayback Machine add to pages."""

ARCHIVE_SCRIPT: Final = re.compile(
    rb"wombat\.js|/_static/js/|__wb_|\bwbinfo\b|WAYBACK TOOLBAR", re.IGNORECASE
)
"""Pattern of scripts and names that only web archives add to pages."""


def is_payload(digest: str, body: bytes) -> bool:
    """Return whether a digest from an index is the SHA-1 digest of ``body`` in base 32."""
    return base64.b32encode(hashlib.sha1(body).digest()).decode() == digest  # noqa: S324 - the digest of CDX indexes


def without_additions(body: bytes, replay: str) -> bytes | None:
    """Return a page without an archive's banner and scripts, and with its original links.

    ``replay`` is the address below which the archive shows captures. A page without additions is
    returned unchanged. Returns None if scripts of an archive remain.
    """
    found = body
    for beginning, end in INSERTED_PARTS:
        found = without_parts(found, beginning, end)
    parts = urlsplit(replay)
    host, path = (re.escape(one.encode()) for one in (parts.netloc, parts.path.rstrip("/")))
    rewritten = (
        rb"(?:(?:https?:)?//" + host + rb")?" + path + rb"/\d{14}(?:[a-z]{2}_)?/(?=https?://)"
    )
    found = re.sub(rewritten, b"", found)
    return None if ARCHIVE_SCRIPT.search(found) else found


def without_parts(body: bytes, beginning: re.Pattern[bytes], end: re.Pattern[bytes]) -> bytes:
    """Return a page without the parts between matches of ``beginning`` and ``end``."""
    kept, place = [], 0
    while (first := beginning.search(body, place)) and (last := end.search(body, first.end())):
        kept.append(body[place : first.start()])
        place = last.end()
    return b"".join((*kept, body[place:]))


def original_headers(headers: Mapping[str, str]) -> Headers:
    """Extract the headers of the site's response from those of the archive's response."""
    marked = {
        name.removeprefix(ORIGINAL_PREFIX): value
        for name, value in headers.items()
        if name.startswith(ORIGINAL_PREFIX)
    }
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    found = {
        name: value for name, value in {**kept, **marked}.items() if name not in DROPPED_HEADERS
    }
    # The coding is that of the bytes that the archive sent.
    if coding := headers.get("content-encoding"):
        found["content-encoding"] = coding
    return tuple((name.title().encode(), value.encode("latin-1")) for name, value in found.items())
