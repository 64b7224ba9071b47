"""Captured pages, shown again: mementos of original addresses (RFC 7089, pattern 2.1).

What is shown is hostile. It is served with a policy of its own, in a sandbox: no script, no form,
no way out of its frame, and nothing that is loaded but pictures and style sheets of this archive.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from data.archive.captures import Captures
from data.archive.content_coding import Undecodable
from data.archive.served import NotServed, Served, served
from data.archive.warc.cdxj import Entry
from data.archive.warc.index import Index
from data.archive.warc.records import target_uri
from data.errors import ArchiveError
from data.models import Capture
from data.settings import Site
from data.text.redaction import HIDDEN, PARAMETER, USER, redacted
from data.text.source_secrets import Secrets
from data.text.urls import site_address, web_address
from feeds.replay.answer import HIDDEN as TAKEN_OUT
from feeds.replay.answer import SHORT, Answer, Headers
from feeds.replay.memento import (
    ACCEPT_DATETIME,
    LINK_FORMAT,
    BadDatetime,
    Memento,
    Original,
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
DATED = re.compile(r"([^/:]+)/(https?:/.+)", re.DOTALL | re.IGNORECASE)
ADDRESS = re.compile(r"(https?):/{1,2}([^/].*)", re.DOTALL | re.IGNORECASE)
"""An address within another: on its way, two slashes may have become one."""

STAMP = "%Y%m%d%H%M%S"
RECORD = re.compile(r"([0-9]{14})-([0-9]{1,18})")
"""Such a time and the number of a leaf: one record, if its second has several."""

IMPORTED = "communique-imported"
"""The header with the name of the file, percent-encoded, that a capture was imported from."""

BEGINNING = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
"""Such a time, or the beginning of one: a year, a month, a day and so on."""

NO_TIME = "Before the address stands no time: write 14 digits, year to second, or the first of them"

LARGEST = 20_000_000
"""Bytes of a body, unpacked, that are shown."""

SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HOSTILE: Headers = [
    ("content-security-policy", SANDBOX),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-dns-prefetch-control", "off"),
    ("x-robots-tag", "noindex"),
    ("cache-control", "public, max-age=3600"),
]

PAGES = frozenset(["text/html", "application/xhtml+xml"])
SHOWN = frozenset(
    [
        *PAGES,
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
"""Types that a browser shows in the sandbox; any other is a download."""

TEXT = re.compile(r"text/.+|.+[/+](?:json|xml)|.+/(?:javascript|ecmascript|x-javascript)")
"""Types of text in which secrets are hidden; other captures that hold one are refused."""

REFUSED = (
    "This capture holds a secret of the address that it was requested by, "
    "so it is not shown. The archive keeps it."
)

MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")
CHARSET = re.compile(r"charset\s*=\s*\"?([a-z0-9_.:-]{1,40})")
REDIRECTS = frozenset([301, 302, 303, 307, 308])


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What of an archive is not for the public.

    ``is_withheld`` decides about an address, ``shows_withheld`` about the digest, address, content
    type and body of a capture, whether it shows what was taken out of the site.
    """

    secrets: Secrets
    is_withheld: Callable[[str], bool]
    shows_withheld: Callable[[str, str, str, bytes], bool]


class CapturedPages:
    """Answers from the archive in ``folder``, for a site; any thread may ask.

    All of them raise ArchiveError where the archive can't be read.
    """

    def __init__(self, folder: Path, site: Site) -> None:
        self._folder = folder
        self._index = Index(folder)
        self._captures = Captures(folder, self._index)
        self._site = site_address(site.url)
        self._root = urlsplit(self._site).path

    def close(self) -> None:
        """Let go of the index of the archive, until it is asked again."""
        self._index.close()

    @property
    def are_there(self) -> bool:
        """Whether there is an archive."""
        return self._folder.is_dir()

    def answer(self, asked: str, accept: bytes | None, restrictions: Restrictions) -> Answer | None:
        """Answer a request for the text behind the prefix; None if nothing was captured.

        ``accept`` is the value of Accept-Datetime, or None. Raises StoreError.
        """
        stamp = ""
        if of_timemap := TIMEMAP.fullmatch(asked):
            asked = of_timemap[1]
        elif dated := DATED.fullmatch(asked):
            stamp, asked = dated[1], dated[2]
        all_entries = self._entries(asked, restrictions.secrets)
        # The captures of a redacted release are gone, and its address is still known.
        addresses = {one.uri for one in all_entries} or {address_in(asked)} - {""}
        if any(map(restrictions.is_withheld, addresses)):
            return Answer(410, [], said=TAKEN_OUT)
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
        """Where a capture is shown: a path from the root of the server."""
        return f"{self._root}{PREFIX}{at.astimezone(dt.UTC):{STAMP}}{record}/{escaped(url)}"

    def address_of(self, capture: Capture, secrets: Secrets) -> tuple[str, str]:
        """The original address of a capture without secrets, and the path that shows its record.

        Raises ArchiveError and Undecodable if it can't be shown.
        """
        url = served(self._folder, self._index, capture.file, capture.offset, LARGEST).url
        if self._captures.is_set_aside(capture):
            cause = f"byte {capture.offset}: it was set aside as no evidence of this archive"
            raise NotServed(capture.file, cause)
        url = secrets.hidden(url)
        entries = self._entries(url, secrets)
        shown = {one.leaf for one in self._captures.by_second(entries)}
        # The record of a response that nothing changed (304) is in neither list.
        is_hidden = capture.leaf not in shown and any(one.leaf == capture.leaf for one in entries)
        return url, self.address(url, capture.at, f"-{capture.leaf}" if is_hidden else "")

    def _gate(self, entries: Sequence[Entry], accept: bytes | None) -> Answer | None:
        if not entries:
            return None
        original = self._original(entries)
        try:
            at = None if accept is None else asked_datetime(accept)
        except BadDatetime as error:
            links = ("link", ", ".join(original_links(original)))
            vary = ("vary", ACCEPT_DATETIME.decode())
            return Answer(400, [vary, links], said=str(error))
        mementos = self._mementos(entries)
        return Answer(302, [*gate_headers(original, mementos, chosen(mementos, at)), SHORT])

    def _timemap(self, entries: Sequence[Entry], secrets: Secrets) -> Answer | None:
        if not entries:
            return None
        mementos = [
            replace(memento, imported=self.origin(entry, secrets))
            for memento, entry in zip(self._mementos(entries), entries, strict=True)
        ]
        body = timemap(self._original(entries), mementos)
        return Answer(200, [("content-type", LINK_FORMAT), SHORT], body)

    def _memento(
        self, stamp: str, entries: Sequence[Entry], restrictions: Restrictions
    ) -> Answer | None:
        at = last_moment(stamp)
        if at is None:
            return Answer(400, [], said=f"{NO_TIME}, such as 2022 or 20221124 (UTC).")
        if not entries:
            return None
        mementos = self._mementos(entries)
        place = chosen(mementos, at)
        if f"{entries[place].at:{STAMP}}" != stamp:
            # One that was captured at another time has an address of its own.
            return Answer(302, [("location", escaped(mementos[place].url)), SHORT])
        headers = memento_headers(self._original(entries), mementos, place)
        return self._replayed(entries[place], headers, at, restrictions)

    def _record(
        self,
        stamp: str,
        leaf: int,
        all_entries: Sequence[Entry],
        entries: Sequence[Entry],
        restrictions: Restrictions,
    ) -> Answer | None:
        """The capture with a leaf, also if another one of its second is the memento."""
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
        self, entry: Entry, headers: Headers, at: dt.datetime, restrictions: Restrictions
    ) -> Answer:
        """A capture with these headers, or the reason why it is not shown."""
        if origin := self.origin(entry, restrictions.secrets):
            headers = [*headers, (IMPORTED, quote(origin))]
        try:
            found = served(self._folder, self._index, entry.file, entry.offset, LARGEST)
            made = self._shown(found, headers, at, restrictions.secrets)
        except (ArchiveError, Undecodable) as error:
            return Answer(404, [], said=f"This capture can't be shown: {public_cause(error)}.")
        kind = dict(made.headers).get("content-type", "")
        if restrictions.shows_withheld(entry.digest, entry.uri, kind, made.body):
            return Answer(410, [], said=TAKEN_OUT)
        return made

    def _shown(self, found: Served, headers: Headers, at: dt.datetime, secrets: Secrets) -> Answer:
        """A capture as it may be shown, with the status that it had, or a refusal.

        Values of secret parameters and ``secrets`` are hidden in its links and texts. Raises
        Undecodable where its links would make it too large.
        """
        addresses = 0

        def place(url: str) -> str:
            nonlocal addresses
            # Records have their addresses without secrets and fragments.
            address = self.address(target_uri(url)[0], at)
            address += redacted("".join(url.partition("#")[1:]))
            # A long base makes a long address of each of a million short links.
            addresses += len(address)
            if addresses > LARGEST:
                raise Undecodable(f"the addresses of its links have more than {LARGEST:,} bytes")
            return address

        headers = [*HOSTILE, *headers]
        if found.status in REDIRECTS:
            target = web_address(joined(found.url, found.header(b"location").decode("latin-1")))
            if target:
                location = secrets.hidden(escaped(place(target)))
                return Answer(found.status, [*headers, ("location", location)])
        media_type, charset = type_of(found, secrets)
        body = shown_body(found, media_type, place, secrets)
        if secrets.is_in(body):
            return Answer(403, [], said=REFUSED)
        if media_type in PAGES:
            media_type, charset = "text/html", "utf-8"
        elif media_type not in SHOWN:
            headers.append(("content-disposition", "attachment"))
        full = f"{media_type}; charset={charset}" if charset else media_type
        # What is no error, such as a 206 or a 304 that holds a page, is shown as a page.
        is_error = 400 <= found.status < 600  # noqa: PLR2004 - the classes of errors
        return Answer(found.status if is_error else 200, [("content-type", full), *headers], body)

    def _entries(self, asked: str, secrets: Secrets) -> list[Entry]:
        """The captures of an address that may be shown, in their order of writing.

        A record that was imported may have an address with a secret: it is left out.
        """
        address = address_in(asked)
        if not address:
            return []
        entries = self._captures.of(address)
        shown = (one for one in entries if secrets.hidden(one.uri) == one.uri)
        return [one for one in shown if web_address(one.uri)]

    def _original(self, entries: Sequence[Entry]) -> Original:
        uri = entries[-1].uri
        gate = f"{self._site}{PREFIX}{uri}"
        return Original(uri, gate, f"{self._site}{PREFIX}timemap/{uri}")

    def _mementos(self, entries: Sequence[Entry]) -> list[Memento]:
        return [
            Memento(f"{self._site}{PREFIX}{one.at:{STAMP}}/{one.uri}", one.at) for one in entries
        ]

    def origin(self, capture: Capture | Entry, secrets: Secrets) -> str:
        """The name of the file that a capture was imported from, without secrets; or empty."""
        return secrets.hidden(self._captures.origin(capture))


def address_in(asked: str) -> str:
    """The web address in a request, or empty if there is none."""
    found = ADDRESS.fullmatch(asked)
    return f"{found[1].lower()}://{found[2]}" if found else ""


def public_cause(error: ArchiveError | Undecodable) -> str:
    """Why a capture can't be shown, without paths of this machine."""
    return error.public if isinstance(error, ArchiveError) else str(error)


def shown_body(found: Served, media_type: str, place: Place, secrets: Secrets) -> bytes:
    """The body of a capture as it may be shown: a page is in UTF-8, other texts as they were.

    A text in UTF-16 keeps its secrets: the caller checks for them.
    """
    if media_type in PAGES:
        page = rewritten_page(found.body, found.content_type, found.url, place)
        return without_secrets(page.decode(), secrets).encode()
    body = found.body
    if media_type == "text/css":
        body = rewritten_style(body, found.url, place)
    if TEXT.fullmatch(media_type):
        body = without_secrets(body.decode("latin-1"), secrets).encode("latin-1")
    return body


def without_secrets(text: str, secrets: Secrets) -> str:
    """A text without secrets, without users in addresses and without values of secret parameters.

    Those of addresses that no source has are hidden too: links to captures then fit the records.
    """
    return secrets.hidden(PARAMETER.sub(rf"\g<1>{HIDDEN}", USER.sub("", text)))


def last_moment(stamp: str) -> dt.datetime | None:
    """The last second of the time that digits name (UTC), such as a year; None where they don't."""
    if not BEGINNING.fullmatch(stamp):
        return None
    try:
        if len(stamp) == len("YYYYMM"):
            stamp += str(monthrange(int(stamp[:4]), int(stamp[4:]))[1])
        full = stamp + "1231235959"[len(stamp) - len("YYYY") :]
        return dt.datetime.strptime(full, STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def type_of(found: Served, secrets: Secrets) -> tuple[str, str]:
    """The media type of a response, and its charset if it declares a known one.

    A response without a valid type is a page if it looks like one, and a file otherwise. A type
    that holds a secret is not valid.
    """
    declared, _, parameters = found.content_type.partition(";")
    media_type = declared.strip().lower()
    if not MEDIA_TYPE.fullmatch(media_type) or secrets.is_in(declared.encode()):
        looks = found.body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html"))
        media_type = "text/html" if looks else "application/octet-stream"
    charset = CHARSET.search(parameters.lower())
    return media_type, charset[1] if charset and is_charset(charset[1]) else ""


def is_charset(name: str) -> bool:
    """Whether a text can be decoded by a charset of this name."""
    try:
        # Without a character, Python does not look for the charset.
        "a".encode(name)
    except (LookupError, ValueError):
        return False
    return True
