"""Addresses of mementos: a time, and the original URL."""

import datetime as dt
import re
from calendar import monthrange

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
