"""Parse the indexes of web archives: the lines of CDX servers, and Memento TimeMaps (RFC 7089)."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

import msgspec

from data.network.http_dates import parse_http_date
from data.text.urls import is_web

EARLIEST: Final = dt.datetime(1996, 1, 1, tzinfo=dt.UTC)
"""Earliest possible time of a capture. No web archive existed before 1996."""

DIGITS: Final = re.compile(r"\d{14}")
"""Pattern that matches the time of a capture (UTC) in the format of CDX servers and replay
addresses."""

MAX_URL_LENGTH: Final = 4096
"""Maximum length of an address in an index, in characters. Longer addresses are skipped."""

PLAIN_FIELDS: Final = ("urlkey", "timestamp", "url", "mime", "status", "digest")
"""First fields of a line in the plain format. Wayback Machine and pywb use the same order."""

NAMES: Final = {"original": "url", "mimetype": "mime", "statuscode": "status"}
"""Names of fields in responses of the Wayback Machine, mapped to their names in pywb."""

LINK: Final = re.compile(
    r'<([^<>]{1,8192})>((?:\s*;\s*[a-zA-Z*-]{1,20}\s*=\s*(?:"[^"]*"|[^\s",;]+))*)'
)
PARAMETER: Final = re.compile(r';\s*([a-zA-Z*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]+))')


@dataclass(frozen=True, slots=True)
class IndexedCapture:
    """A capture in the index of a web archive.

    ``status``, ``media_type`` and ``digest`` (SHA-1 of the payload in base 32) are 0 or empty if
    the index lacks them. ``memento`` is the address of the capture in the archive, if known.
    """

    url: str
    at: dt.datetime
    status: int = 0
    media_type: str = ""
    digest: str = ""
    memento: str = ""

    @property
    def stamp(self) -> str:
        """Return the time as 14 digits, as in replay addresses."""
        return f"{self.at:%Y%m%d%H%M%S}"


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A response from an index: its captures, and the position where the index continues.

    ``rows`` is the number of lines, including unreadable lines. ``resume`` is the key of a CDX
    server's next page. ``timemaps`` are the addresses of further TimeMaps.
    """

    captures: Sequence[IndexedCapture]
    rows: int
    resume: str = ""
    timemaps: Sequence[str] = ()


def time_of_stamp(stamp: str) -> dt.datetime | None:
    """Return the time in 14 digits, or None if the digits are not a valid time."""
    if not DIGITS.fullmatch(stamp):
        return None
    try:
        return dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def parse_cdx(text: str) -> IndexPage | None:
    """Parse a response of a CDX server. Returns None if its format is unknown.

    Known formats are lines of JSON (pywb), an array of rows (Wayback Machine), and plain lines.
    """
    beginning = text.lstrip()[:1]
    if beginning == "[":
        return _array(text)
    if beginning == "<":
        return None
    lines = [line.strip() for line in text.splitlines()]
    resume = ""
    if len(lines) > 2 and not lines[-2] and lines[-1]:  # noqa: PLR2004 - a row, an empty line, a key
        resume = lines[-1]
        lines = lines[:-2]
    rows = [line for line in lines if line]
    found = [_line(line) for line in rows]
    captures = [one for one in found if one]
    # A row contains the time of a capture, even if it is otherwise unreadable.
    if rows and not captures and not all(map(DIGITS.search, rows)):
        return None
    return IndexPage(captures, len(rows), resume)


def _array(text: str) -> IndexPage | None:
    """Parse an array of rows. The first row contains the names of the fields."""
    try:
        rows = msgspec.json.decode(text, type=list[list[str | int | None]])
    except (msgspec.DecodeError, RecursionError):
        return None
    resume = ""
    if len(rows) > 1 and not rows[-2] and len(rows[-1]) == 1:
        resume = str(rows[-1][0])
        rows = rows[:-2]
    if not rows:
        return IndexPage((), 0)
    head = [NAMES.get(str(name), str(name)) for name in rows[0]]
    if not {"timestamp", "url"} <= {*head}:
        return None
    found = [_capture(dict(zip(head, row, strict=False))) for row in rows[1:]]
    return IndexPage([one for one in found if one], len(rows) - 1, resume)


def _line(line: str) -> IndexedCapture | None:
    """Parse one line in JSON, in CDXJ (key, time and JSON), or as fields separated by spaces."""
    start = line.find("{")
    if start < 0:
        return _capture(dict(zip(PLAIN_FIELDS, line.split(" "), strict=False)))
    head = line[:start].split()
    try:
        fields = msgspec.json.decode(line[start:], type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    if len(head) > 1:
        fields.setdefault("timestamp", head[1])
    return _capture({NAMES.get(name, name): value for name, value in fields.items()})


def _capture(fields: dict[str, Any]) -> IndexedCapture | None:
    url, at = str(fields.get("url") or ""), time_of_stamp(str(fields.get("timestamp") or ""))
    if at is None or not is_web(url) or len(url) > MAX_URL_LENGTH or not url.isprintable():
        return None
    status, media_type = str(fields.get("status") or ""), str(fields.get("mime") or "")
    digest = str(fields.get("digest") or "")
    return IndexedCapture(
        url,
        at,
        int(status) if re.fullmatch(r"[1-5]\d\d", status) else 0,
        media_type.lower() if "/" in media_type else "",
        "" if digest == "-" else digest.removeprefix("sha1:").upper(),
    )


def parse_timemap(text: str, address: str) -> IndexPage | None:
    """Parse a TimeMap in the link format. Returns None if the text has no links in this format.

    ``address`` is the TimeMap's own address. The result contains the addresses of its further
    pages, if any.
    """
    links = [
        (link[1], {one[1].lower(): one[2] or one[3] or "" for one in PARAMETER.finditer(link[2])})
        for link in LINK.finditer(text)
    ]
    if not any("rel" in parameters for _, parameters in links):
        return None
    original = next((url for url, some in links if "original" in some.get("rel", "").split()), "")
    captures, timemaps = [], []
    for target, parameters in links:
        kinds = parameters.get("rel", "").lower().split()
        if "memento" in kinds:
            at = parse_http_date(parameters.get("datetime", ""))
            if at and is_web(original):
                captures.append(IndexedCapture(original, at, memento=urljoin(address, target)))
        elif "timemap" in kinds and "self" not in kinds:
            timemaps.append(urljoin(address, target))
    return IndexPage(captures, len(captures), timemaps=[one for one in timemaps if one != address])


def possible(captures: Iterable[IndexedCapture], now: dt.datetime) -> list[IndexedCapture]:
    """Return the captures with possible times: not before `EARLIEST`, and not in the future."""
    return [one for one in captures if EARLIEST <= one.at <= now]
