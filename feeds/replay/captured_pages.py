"""Replay of captured pages as mementos of their original URLs (RFC 7089, pattern 2.1).

Captured pages are treated as hostile. They are served in a sandbox, with their own Content Security
Policy: no scripts, no forms, no navigation out of the frame. They may only load images and style
sheets from this archive.
"""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from data.archive.archived_response import NotServed, Served, served
from data.archive.capture_search import Captures
from data.archive.content_coding import Undecodable
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.records import target_uri
from data.errors import ArchiveError
from data.models import Capture
from data.settings import SiteSettings
from data.text.masking import MASK, PARAMETER, USER, masked
from data.text.source_secrets import Secrets
from data.text.urls import site_address, web_address
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    LINK_FORMAT,
    RELEASE_HIDDEN,
    SHORT_LIVED,
    BadDatetime,
    Headers,
    Memento,
    OriginalResource,
    ReplayResponse,
    asked_datetime,
    chosen,
    escaped,
    gate_headers,
    http_date,
    memento_headers,
    original_links,
    timemap,
)
from feeds.replay.rewrite import Place, joined, rewritten_page, rewritten_style

PREFIX = "/memento/"

TIMEMAP = re.compile(r"timemap/(.+)", re.DOTALL)
"""Pattern that matches the path of a TimeMap, after PREFIX."""
DATED = re.compile(r"([^/:]+)/(https?:/.+)", re.DOTALL | re.IGNORECASE)
"""Pattern that matches the path of a memento, after PREFIX: a time, then the original URL."""
ADDRESS = re.compile(r"(https?):/{1,2}([^/].*)", re.DOTALL | re.IGNORECASE)
"""Pattern that matches a URL inside a path. Proxies may have reduced two slashes in the URL to
one."""

STAMP = "%Y%m%d%H%M%S"
"""Format of times in URLs of mementos, in UTC."""
RECORD = re.compile(r"([0-9]{14})-([0-9]{1,18})")
"""Pattern that matches a time and a leaf number, which select one of several records of the same
second."""

IMPORTED = "communique-imported"
"""Name of the response header with the name of the file from which a capture was imported. The file
name is percent-encoded."""

PARTIAL_STAMP = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
"""Pattern that matches a complete or partial time in STAMP format, such as a year, month or day."""

NO_TIME = "The address has no valid time: use 14 digits, year to second, or the first of them"

MAX_BODY_BYTES = 20_000_000
"""Maximum size in bytes of a decompressed body that is replayed."""

SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Content Security Policy of captured pages."""
REPLAY_HEADERS: Headers = [
    ("content-security-policy", SANDBOX),
    ("x-dns-prefetch-control", "off"),
    ("x-robots-tag", "noindex"),
    ("cache-control", "public, max-age=3600"),
]
"""Response headers of captured pages."""

HTML_TYPES = frozenset(["text/html", "application/xhtml+xml"])
DISPLAYED_TYPES = frozenset(
    [
        *HTML_TYPES,
        "text/plain",
        "text/css",
        "image/avif",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/webp",
        "image/x-icon",
        "image/vnd.microsoft.icon",
    ]
)
"""Media types that browsers display in the sandbox. Files of other types are downloaded."""

TEXT = re.compile(r"text/.+|.+[/+](?:json|xml)|.+/(?:javascript|ecmascript|x-javascript)")
"""Pattern that matches text types. Secrets in texts are masked. Captures of other types that
contain a secret are refused."""

REFUSED = (
    "This capture contains a secret from the address of its request, so it is not shown. "
    "The archive keeps it."
)

MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
CHARSET = re.compile(r"charset\s*=\s*\"?([a-z0-9_.:-]{1,40})")
REDIRECTS = frozenset([301, 302, 303, 307, 308])


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Functions that decide which captured content must not be shown.

    ``is_withheld`` decides by the original URL. ``shows_withheld`` decides by digest, URL, content
    type and body whether a capture shows content that was removed from the site.
    """

    secrets: Secrets
    is_withheld: Callable[[str], bool]
    shows_withheld: Callable[[str, str, str, bytes], bool]


class CapturedPages:
    """Replays the captures in the archive ``folder`` for one site. Thread-safe.

    All methods raise ArchiveError if the archive can't be read.
    """

    def __init__(self, folder: Path, site: SiteSettings) -> None:
        self._folder = folder
        self._index = Index(folder)
        self._captures = Captures(folder, self._index)
        self._site = site_address(site.url)
        self._root = urlsplit(self._site).path

    def close(self) -> None:
        """Close the archive's index; the next request opens it again."""
        self._index.close()

    @property
    def are_there(self) -> bool:
        """Whether the archive exists."""
        return self._folder.is_dir()

    def answer(
        self, asked: str, accept: bytes | None, restrictions: Restrictions
    ) -> ReplayResponse | None:
        """Return the response for a path after PREFIX.

        Returns None if the URL in the path was not captured. ``accept`` is the value of the
        Accept-Datetime header, or None. Raises StoreError if the store can't be read.
        """
        stamp = ""
        if of_timemap := TIMEMAP.fullmatch(asked):
            asked = of_timemap[1]
        elif dated := DATED.fullmatch(asked):
            stamp, asked = dated[1], dated[2]
        all_entries = self._entries(asked, restrictions.secrets)
        # A redacted release has no captures left, but its address is still known.
        addresses = {one.uri for one in all_entries} or {address_in(asked)} - {""}
        if any(map(restrictions.is_withheld, addresses)):
            return ReplayResponse(410, [], message=RELEASE_HIDDEN)
        entries = self._captures.by_second(all_entries)
        if of_timemap:
            return self._timemap(entries, restrictions.secrets)
        if of_record := RECORD.fullmatch(stamp):
            stamp = of_record[1]
            return self._record(stamp, int(of_record[2]), all_entries, entries, restrictions)
        if stamp:
            return self._memento(stamp, entries, restrictions)
        return self._gate(entries, accept)

    def address(self, url: str, at: dt.datetime, record: str = "") -> str:
        """Return the URL path of the memento of a URL at a time, from the root of the server.

        ``record`` selects one of several captures of the same second.
        """
        return f"{self._root}{PREFIX}{at.astimezone(dt.UTC):{STAMP}}{record}/{escaped(url)}"

    def address_of(self, capture: Capture, secrets: Secrets) -> tuple[str, str]:
        """Return a capture's original URL without secrets, and the URL path of the archive record.

        Raises ArchiveError or Undecodable if the capture can't be shown.
        """
        url = served(self._folder, self._index, capture.file, capture.offset, MAX_BODY_BYTES).url
        if self._captures.is_set_aside(capture):
            cause = f"byte {capture.offset}: it was set aside and is not evidence of this archive"
            raise NotServed(capture.file, cause)
        url = secrets.masked(url)
        entries = self._entries(url, secrets)
        shown = {one.leaf for one in self._captures.by_second(entries)}
        # A record of a 304 response is in neither list.
        is_hidden = capture.leaf not in shown and any(one.leaf == capture.leaf for one in entries)
        return url, self.address(url, capture.at, f"-{capture.leaf}" if is_hidden else "")

    def _gate(self, entries: Sequence[CdxjEntry], accept: bytes | None) -> ReplayResponse | None:
        if not entries:
            return None
        original = self._original(entries)
        try:
            at = None if accept is None else asked_datetime(accept)
        except BadDatetime as error:
            links = ("link", ", ".join(original_links(original)))
            vary = ("vary", ACCEPT_DATETIME.decode())
            return ReplayResponse(400, [vary, links], message=str(error))
        mementos = self._mementos(entries)
        return ReplayResponse(
            302, [*gate_headers(original, mementos, chosen(mementos, at)), SHORT_LIVED]
        )

    def _timemap(self, entries: Sequence[CdxjEntry], secrets: Secrets) -> ReplayResponse | None:
        if not entries:
            return None
        mementos = [
            replace(memento, imported=self.origin(entry, secrets))
            for memento, entry in zip(self._mementos(entries), entries, strict=True)
        ]
        body = timemap(self._original(entries), mementos)
        return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)

    def _memento(
        self, stamp: str, entries: Sequence[CdxjEntry], restrictions: Restrictions
    ) -> ReplayResponse | None:
        at = last_moment(stamp)
        if at is None:
            return ReplayResponse(400, [], message=f"{NO_TIME}, such as 2022 or 20221124 (UTC).")
        if not entries:
            return None
        mementos = self._mementos(entries)
        place = chosen(mementos, at)
        if f"{entries[place].at:{STAMP}}" != stamp:
            # The exact time of the chosen capture has a separate address.
            return ReplayResponse(302, [("location", escaped(mementos[place].url)), SHORT_LIVED])
        headers = memento_headers(self._original(entries), mementos, place)
        return self._replayed(entries[place], headers, at, restrictions)

    def _record(
        self,
        stamp: str,
        leaf: int,
        all_entries: Sequence[CdxjEntry],
        entries: Sequence[CdxjEntry],
        restrictions: Restrictions,
    ) -> ReplayResponse | None:
        """Return the response for the capture with a leaf number (an entry of the log).

        The capture may be one of several captures of the second ``stamp``, and not the memento.
        """
        found = (one for one in all_entries if one.leaf == leaf and f"{one.at:{STAMP}}" == stamp)
        entry = next(found, None)
        if entry is None:
            return None
        headers = [
            ("memento-datetime", http_date(entry.at)),
            ("link", ", ".join(original_links(self._original(entries)))),
        ]
        return self._replayed(entry, headers, entry.at, restrictions)

    def _replayed(
        self, entry: CdxjEntry, headers: Headers, at: dt.datetime, restrictions: Restrictions
    ) -> ReplayResponse:
        """Return the response for a capture, or an error that explains why it is not shown.

        ``headers`` are added to the response.
        """
        if origin := self.origin(entry, restrictions.secrets):
            headers = [*headers, (IMPORTED, quote(origin))]
        try:
            found = served(self._folder, self._index, entry.file, entry.offset, MAX_BODY_BYTES)
            made = self._shown(found, headers, at, restrictions.secrets)
        except (ArchiveError, Undecodable) as error:
            return ReplayResponse(
                404, [], message=f"This capture can't be shown: {public_cause(error)}."
            )
        kind = dict(made.headers).get("content-type", "")
        if restrictions.shows_withheld(entry.digest, entry.uri, kind, made.body):
            return ReplayResponse(410, [], message=RELEASE_HIDDEN)
        return made

    def _shown(
        self, found: Served, headers: Headers, at: dt.datetime, secrets: Secrets
    ) -> ReplayResponse:
        """Return a response with a capture's original status, or an error if it can't be shown.

        Values of secret parameters and ``secrets`` are masked in links and texts. Raises
        Undecodable if the rewritten links would make the page too large.
        """
        addresses = 0

        def place(url: str) -> str:
            nonlocal addresses
            # Addresses in archive records have no secrets and no fragments.
            address = self.address(target_uri(url)[0], at)
            address += masked("".join(url.partition("#")[1:]))
            # If the base address is long, a million short links would become a million long links.
            addresses += len(address)
            if addresses > MAX_BODY_BYTES:
                raise Undecodable(
                    f"the addresses of all links have more than {MAX_BODY_BYTES:,} bytes together"
                )
            return address

        headers = [*REPLAY_HEADERS, *headers]
        if found.status in REDIRECTS:
            target = web_address(joined(found.url, found.header(b"location").decode("latin-1")))
            if target:
                location = secrets.masked(escaped(place(target)))
                return ReplayResponse(found.status, [*headers, ("location", location)])
        media_type, charset = type_of(found, secrets)
        body = shown_body(found, media_type, place, secrets)
        if secrets.is_in(body):
            return ReplayResponse(403, [], message=REFUSED)
        if media_type in HTML_TYPES:
            media_type, charset = "text/html", "utf-8"
        elif media_type not in DISPLAYED_TYPES:
            headers.append(("content-disposition", "attachment"))
        full = f"{media_type}; charset={charset}" if charset else media_type
        # Statuses such as 206, or a 304 with a body, are replayed as a normal page.
        is_error = 400 <= found.status < 600  # noqa: PLR2004 - the classes of errors
        return ReplayResponse(
            found.status if is_error else 200, [("content-type", full), *headers], body
        )

    def _entries(self, asked: str, secrets: Secrets) -> list[CdxjEntry]:
        """Return the captures of a URL that may be shown, in the order in which they were written.

        An imported record whose URL contains a secret is omitted.
        """
        address = address_in(asked)
        if not address:
            return []
        entries = self._captures.of(address)
        shown = (one for one in entries if secrets.masked(one.uri) == one.uri)
        return [one for one in shown if web_address(one.uri)]

    def _original(self, entries: Sequence[CdxjEntry]) -> OriginalResource:
        uri = entries[-1].uri
        gate = f"{self._site}{PREFIX}{uri}"
        return OriginalResource(uri, gate, f"{self._site}{PREFIX}timemap/{uri}")

    def _mementos(self, entries: Sequence[CdxjEntry]) -> list[Memento]:
        return [
            Memento(f"{self._site}{PREFIX}{one.at:{STAMP}}/{one.uri}", one.at) for one in entries
        ]

    def origin(self, capture: Capture | CdxjEntry, secrets: Secrets) -> str:
        """Return the name of the file from which a capture was imported, or an empty string.

        Secrets in the name are masked.
        """
        return secrets.masked(self._captures.origin(capture))


def address_in(asked: str) -> str:
    """Return the URL in a request's path, or an empty string."""
    found = ADDRESS.fullmatch(asked)
    return f"{found[1].lower()}://{found[2]}" if found else ""


def public_cause(error: ArchiveError | Undecodable) -> str:
    """Describe why a capture can't be shown, without local paths."""
    return error.public if isinstance(error, ArchiveError) else str(error)


def shown_body(found: Served, media_type: str, place: Place, secrets: Secrets) -> bytes:
    """Return a capture's body for replay: HTML in UTF-8, other texts in their original encoding.

    Secrets in UTF-16 texts are not masked; the caller checks for them.
    """
    if media_type in HTML_TYPES:
        page = rewritten_page(found.body, found.content_type, found.url, place)
        return without_secrets(page.decode(), secrets).encode()
    body = found.body
    if media_type == "text/css":
        body = rewritten_style(body, found.url, place)
    if TEXT.fullmatch(media_type):
        body = without_secrets(body.decode("latin-1"), secrets).encode("latin-1")
    return body


def without_secrets(text: str, secrets: Secrets) -> str:
    """Mask secrets, user names in URLs, and values of secret parameters in a text.

    User names and parameters are masked even in URLs that do not belong to a source, because links
    must match the URLs in archive records.
    """
    return secrets.masked(PARAMETER.sub(rf"\g<1>{MASK}", USER.sub("", text)))


def last_moment(stamp: str) -> dt.datetime | None:
    """Return the last second (UTC) of a partial time such as a year, or None if it is invalid."""
    if not PARTIAL_STAMP.fullmatch(stamp):
        return None
    try:
        if len(stamp) == len("YYYYMM"):
            stamp += str(monthrange(int(stamp[:4]), int(stamp[4:]))[1])
        full = stamp + "1231235959"[len(stamp) - len("YYYY") :]
        return dt.datetime.strptime(full, STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def type_of(found: Served, secrets: Secrets) -> tuple[str, str]:
    """Return the media type of a response, and its charset if known.

    If the type is missing or invalid, a response that looks like HTML counts as HTML, and any other
    response as binary data. A type that contains a secret is invalid.
    """
    declared, _, parameters = found.content_type.partition(";")
    media_type = declared.strip().lower()
    if not MEDIA_TYPE.fullmatch(media_type) or secrets.is_in(declared.encode()):
        looks = found.body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        media_type = "text/html" if looks else "application/octet-stream"
    charset = CHARSET.search(parameters.lower())
    return media_type, charset[1] if charset and is_charset(charset[1]) else ""


def is_charset(name: str) -> bool:
    """Return whether Python can decode text in this charset."""
    try:
        # Python does not look up the charset if the text is empty.
        "a".encode(name)
    except (LookupError, ValueError):
        return False
    return True
