"""Reading one page of many, in a process of its own."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from data.clock import utc_now
from data.dates.context import DateContext
from data.errors import PAGE_BUG
from spiders.extract.page_values import Wanted, extract
from spiders.page.page import Page, is_web

MOST = 20_000_000
"""Bytes of a page that are read."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Task:
    """A page to read: at a path, or the one that was fetched.

    ``problem`` is what is known to be wrong beforehand.
    """

    id: str
    place: str
    url: str
    kind: Wanted
    problem: str | None = None
    fetched: Page | None = None


def read_page(task: Task) -> bytes | str:
    """What a page says, as JSON; or a sentence on why it could not be read."""
    if task.problem is not None:
        return task.problem
    try:
        page = task.fetched or saved(task)
    except (OSError, EOFError, ValueError, zlib.error) as error:  # a path with NUL is a ValueError
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        return f"{task.place} can't be read ({cause})"
    try:
        said = extract(task.id, page, DateContext("UTC", now=utc_now()), task.kind)
    except Exception as error:  # noqa: BLE001 - one page must not end the reading of all others
        return f"{task.place}: {PAGE_BUG} ({type(error).__name__}: {error})"
    if task.url and not page.url:
        said["reasons"].append(f"{task.url!r} is no web address, so links were left as they are")
    return msgspec.json.encode(said)


def saved(task: Task) -> Page:
    """A page on disk, as it is or compressed by gzip; of a huge one only the beginning.

    An address that is none is left out.
    """
    path = Path(task.place)
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    with gzip.open(path) if packed else path.open("rb") as opened:
        return Page(task.url if is_web(task.url) else "", opened.read(MOST))
