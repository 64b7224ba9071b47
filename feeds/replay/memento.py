"""Memento protocol (RFC 7089): requests for a URL at a past time, and the responses.

An original resource has a TimeGate, which redirects to the memento of a time, and a TimeMap, which
lists all mementos. TimeMaps and mementos ignore Accept-Datetime. All functions are pure and
independent of the web server.
"""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final, TypeAlias
from urllib.parse import quote

from data.errors import CommuniqueError
from feeds.pages.releases.version_and_capture_pages import FramedPage
from feeds.pages.renderer import PAGE_POLICY

ACCEPT_DATETIME = b"accept-datetime"
LINK_FORMAT = "application/link-format"

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RFC1123 = re.compile(
    rf"({'|'.join(DAYS)}), (\d\d) ({'|'.join(MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)
"""Pattern that matches the only date format allowed in Accept-Datetime (RFC 7089, section
2.1.1.1)."""

UNSAFE_URL_CHARACTER = re.compile(r"[^!#$%&'()*+,/:;=?@\[\]~\w.-]", re.ASCII)
"""Pattern for a character that is not allowed in the URL of a header."""

Headers: TypeAlias = list[tuple[str, str]]

PAGE_HEADERS: Headers = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", f"{PAGE_POLICY}; frame-ancestors 'none'"),
    ("cache-control", "public, max-age=60, stale-while-revalidate=600"),
]
"""Response headers of our own pages, which contain no captured page."""

FRAME_HEADERS: Headers = [
    (name, value.replace("; frame-", "; frame-src 'self'; frame-", 1))
    for name, value in PAGE_HEADERS
]
"""Response headers of a page that shows a captured page in a frame."""

SHORT_LIVED = ("cache-control", "public, max-age=60")
"""Cache-Control header of TimeGates and TimeMaps, which may change with the next visit."""

RELEASE_HIDDEN: Final = "The operator of this site has hidden this release."
"""Message for a hidden release, sent with status 410."""

CAPTURE_REMOVED: Final = "The operator of this archive has removed the captured page."
"""Message for a capture whose record was redacted or pruned, sent with status 410."""


class BadDatetime(CommuniqueError):
    """Raised if the Accept-Datetime header contains no valid date (RFC 7089, section 4.5.3)."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"{value[:40]!r} is not a valid date for Accept-Datetime; write it like "
            "Thu, 24 Nov 2022 08:00:00 GMT"
        )
        self.value = value


@dataclass(frozen=True, slots=True)
class Memento:
    """A past state of a resource: an absolute URL, and the time when the state began (aware UTC).

    ``imported`` is the name of the file from which the state was imported, or empty.
    """

    url: str
    at: dt.datetime
    imported: str = ""


@dataclass(frozen=True, slots=True)
class OriginalResource:
    """A resource that changes over time, with the absolute URLs of its TimeGate and TimeMap."""

    url: str
    timegate: str
    timemap: str


@dataclass(frozen=True, slots=True)
class ReplayResponse:
    """A response to a request for a past state.

    If it has a ``message`` but no body, the server shows a page with this message. If it has a
    page ``framed``, the server shows that page in a frame.
    """

    status: int
    headers: Headers
    body: bytes = b""
    message: str = ""
    framed: FramedPage | None = None


def asked_datetime(value: bytes) -> dt.datetime:
    """Parse the value of an Accept-Datetime header to a time in aware UTC.

    Raises BadDatetime if it is not a valid date.
    """
    text = value.decode("latin-1").strip()
    found = RFC1123.fullmatch(text)
    if found is None:
        raise BadDatetime(text)
    _, day, month, year, *clock = found.groups()
    try:
        hour, minute, second = map(int, clock)
        # Python has no leap seconds: use the second before.
        moment = (hour, minute, min(second, 59) if second == 60 else second)  # noqa: PLR2004
        return dt.datetime(int(year), MONTHS.index(month) + 1, int(day), *moment, tzinfo=dt.UTC)
    except ValueError as error:
        raise BadDatetime(text) from error


def http_date(at: dt.datetime) -> str:
    """Format a time as an HTTP date, in whole seconds."""
    return format_datetime(at.astimezone(dt.UTC), usegmt=True)


def chosen(mementos: Sequence[Memento], at: dt.datetime | None) -> int:
    """Return the index of the memento that was current at a time.

    ``mementos`` are in order of time, oldest first. The time None selects the last memento. A time
    before the first memento selects the first memento (RFC 7089, section 4.5.1).
    """
    if at is None:
        return len(mementos) - 1
    # Times in headers have whole seconds, so states that began within the requested second count.
    end = at + dt.timedelta(seconds=1, microseconds=-1)
    return max(0, bisect_right(mementos, end, key=lambda one: one.at) - 1)


def timegate(
    original: OriginalResource, mementos: Sequence[Memento], accept: bytes | None
) -> ReplayResponse:
    """Redirect to the memento of a time (RFC 7089, section 4.2.1), or to the newest memento.

    ``accept`` is the value of the Accept-Datetime header, or None.
    """
    vary = ("vary", ACCEPT_DATETIME.decode())
    links = original_links(original)
    try:
        at = None if accept is None else asked_datetime(accept)
    except BadDatetime as error:
        return ReplayResponse(400, [vary, ("link", ", ".join(links))], message=str(error))
    place = chosen(mementos, at)
    location = ("location", escaped(mementos[place].url))
    links += memento_links(mementos, place)
    return ReplayResponse(302, [location, vary, ("link", ", ".join(links)), SHORT_LIVED])


def timemap(original: OriginalResource, mementos: Sequence[Memento]) -> ReplayResponse:
    """List all mementos in application/link-format (RFC 7089, section 5)."""
    *links, _ = original_links(original)
    times = f'from="{http_date(mementos[0].at)}"; until="{http_date(mementos[-1].at)}"'
    links.append(f'<{escaped(original.timemap)}>; rel="self"; type="{LINK_FORMAT}"; {times}')
    last = len(mementos) - 1
    for number, one in enumerate(mementos):
        links.append(link(one, *["first"] * (not number), *["last"] * (number == last)))
    body = ",\n".join(links).encode() + b"\n"
    return ReplayResponse(200, [("content-type", LINK_FORMAT), SHORT_LIVED], body)


def memento_headers(original: OriginalResource, mementos: Sequence[Memento], place: int) -> Headers:
    """Return the headers of the memento at index ``place`` (RFC 7089, section 4.2.1)."""
    return [
        ("memento-datetime", http_date(mementos[place].at)),
        ("link", ", ".join((*original_links(original), *memento_links(mementos, place)))),
    ]


def original_links(original: OriginalResource) -> list[str]:
    """Return Link header values for an original resource, its TimeGate and its TimeMap."""
    timemap = f'<{escaped(original.timemap)}>; rel="timemap"; type="{LINK_FORMAT}"'
    if original.timegate == original.url:
        return [f'<{escaped(original.url)}>; rel="original timegate"', timemap]
    return [
        f'<{escaped(original.url)}>; rel="original"',
        f'<{escaped(original.timegate)}>; rel="timegate"',
        timemap,
    ]


def memento_links(mementos: Sequence[Memento], place: int) -> list[str]:
    """Return Link header values for a memento, its neighbours, and the first and last memento."""
    last = len(mementos) - 1
    named = {0: ["first"], last: ["last"]} if last else {0: ["first", "last"]}
    for number, name in ((place - 1, "prev"), (place + 1, "next")):
        if 0 <= number <= last:
            named.setdefault(number, []).append(name)
    named.setdefault(place, [])
    return [link(mementos[number], *named[number]) for number in sorted(named)]


def link(memento: Memento, *names: str) -> str:
    """Return the Link header value for a memento, with relations such as ``prev``."""
    rel = " ".join((*names, "memento"))
    imported = f'; imported="{quote(memento.imported)}"' if memento.imported else ""
    return f'<{escaped(memento.url)}>; rel="{rel}"; datetime="{http_date(memento.at)}"{imported}'


def escaped(url: str) -> str:
    """Percent-encode all characters of a URL that are not allowed in a header."""
    return UNSAFE_URL_CHARACTER.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), url
    )
