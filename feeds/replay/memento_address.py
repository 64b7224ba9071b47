"""Addresses of mementos: a time, and the original URL. The addresses of parts may contain a grant.

On a site that requires a token, browsers send no token in the requests of a captured page, because
a page in a sandbox has no origin. So the address of each part contains a grant: a digest of the
address, made with a secret key. The grant expires, and gives access to this part only.
"""

import datetime as dt
import hashlib
import hmac
import re
import time
from calendar import monthrange
from collections.abc import Callable, Sequence
from typing import Final

from data.archive.warc.cdxj import CdxjEntry
from feeds.replay.memento import Memento, OriginalResource, escaped

MEMENTO_PREFIX = "/memento/"

TIMEMAP = re.compile(r"timemap/(.+)", re.DOTALL)
"""Pattern that matches the path of a TimeMap, after MEMENTO_PREFIX."""
DATED_PATH = re.compile(r"([^/:]+)/(https?:/.+)", re.DOTALL | re.IGNORECASE)
"""Pattern that matches the path of a memento, after MEMENTO_PREFIX: a time, then the URL."""
ADDRESS_IN_PATH = re.compile(r"(https?):/{1,2}([^/].*)", re.DOTALL | re.IGNORECASE)
"""Pattern that matches a URL inside a path. Proxies may have reduced two slashes in the URL to
one."""

URL_TIME = "%Y%m%d%H%M%S"
"""Format of times in URLs of mementos, in UTC."""
RECORD = re.compile(r"([0-9]{14})-([0-9]{1,18})")
"""Pattern that matches a time and a leaf number, which select one of several records of the same
second."""

PART_SUFFIX = "-part"
"""Suffix of the time in the URL of a page's part, such as an image. Such a URL has the time of the
page, and leads to the nearest capture of the part.
"""
AS_PART = re.compile(rf"([0-9]{{14}}){PART_SUFFIX}(?:-([0-9]{{1,9}})-([0-9a-f]{{32}}))?")
"""Pattern that matches the time in the URL of a part, and a grant: its last hour and its digest."""

PARTIAL_STAMP = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
"""Pattern that matches a complete or partial time in STAMP format, such as a year, month or day."""

NO_TIME = "The address has no valid time: use a year, a month, or up to 14 digits (year to second)"

HOUR_SECONDS: Final = 3600

VALID_HOURS: Final = 3
"""Maximum age of a valid grant in hours. Browsers store pages for one hour."""

DIGEST_LENGTH: Final = 32
"""Number of hexadecimal digits of a grant's digest."""


def asked_memento(raw_path: bytes, query: bytes) -> str:
    """Return the part of a request's target after MEMENTO_PREFIX.

    The original URL in it is as the client sent it, because its escapes are a part of it.
    """
    _, _, asked = raw_path.decode("latin-1").partition(MEMENTO_PREFIX)
    return f"{asked}?{query.decode('latin-1')}" if query else asked


def address_in(asked: str) -> str:
    """Return the URL in a request's path, or an empty string."""
    found = ADDRESS_IN_PATH.fullmatch(asked)
    return f"{found[1].lower()}://{found[2]}" if found else ""


def last_moment(stamp: str) -> dt.datetime | None:
    """Return the last second (UTC) of a partial time such as a year, or None if it is invalid."""
    if not PARTIAL_STAMP.fullmatch(stamp):
        return None
    try:
        if len(stamp) == len("YYYYMM"):
            stamp += str(monthrange(int(stamp[:4]), int(stamp[4:]))[1])
        full = stamp + "1231235959"[len(stamp) - len("YYYY") :]
        return dt.datetime.strptime(full, URL_TIME).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def original_of_captures(site: str, entries: Sequence[CdxjEntry]) -> OriginalResource:
    """Return the addresses of a captured URL on a site: its own, its TimeGate's and its TimeMap's.

    ``entries`` are the captures of the URL.
    """
    uri = entries[-1].uri
    prefix = f"{site}{MEMENTO_PREFIX}"
    return OriginalResource(uri, f"{prefix}{uri}", f"{prefix}timemap/{uri}")


def mementos_of_captures(site: str, entries: Sequence[CdxjEntry]) -> list[Memento]:
    """Return the mementos of a captured URL on a site, in the order of its captures."""
    return [
        Memento(f"{site}{MEMENTO_PREFIX}{one.at:{URL_TIME}}/{one.uri}", one.at) for one in entries
    ]


class PartGrants:
    """Makes and checks grants with the secret that ``key`` returns.

    ``clock`` returns the current time in seconds since 1970.
    """

    def __init__(self, key: Callable[[], bytes], clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def grant(self, stamp: str, url: str) -> str:
        """Return the grant for a part of a page, which follows PART in the part's address.

        ``stamp`` is the time of the page.
        """
        hour = self._hour() + VALID_HOURS
        return f"-{hour}-{self._digest(hour, stamp, address_in(escaped(url)))}"

    def allows(self, asked: str) -> bool:
        """Return whether a path has a valid grant. ``asked`` is the part after MEMENTO_PREFIX."""
        dated = DATED_PATH.fullmatch(asked)
        found = AS_PART.fullmatch(dated[1]) if dated else None
        if dated is None or found is None or found[2] is None:
            return False
        hour = int(found[2])
        digest = self._digest(hour, found[1], address_in(dated[2]))
        is_current = 0 <= hour - self._hour() <= VALID_HOURS
        return hmac.compare_digest(digest, found[3]) and is_current

    def _hour(self) -> int:
        return int(self._clock() // HOUR_SECONDS)

    def _digest(self, hour: int, stamp: str, url: str) -> str:
        text = f"{hour} {stamp} {url}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key(), text, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]
