"""Extract one page of many, in a separate process."""

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

MAX_PAGE_BYTES = 20_000_000
"""Maximum bytes of a page that are read."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Task:
    """A page to extract: a file at a path, or a fetched page.

    ``problem`` is an error that is already known, or None.
    """

    id: str
    place: str
    url: str
    kind: Wanted
    problem: str | None = None
    fetched: Page | None = None


def read_page(task: Task) -> bytes | str:
    """Return the extraction of a page as JSON, or a sentence that explains why it failed."""
    if task.problem is not None:
        return task.problem
    try:
        page = task.fetched or saved(task)
    except (OSError, EOFError, ValueError, zlib.error) as error:  # ValueError: a path with NUL
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        return f"{task.place} can't be read ({cause})"
    try:
        extracted = extract(task.id, page, DateContext("UTC", now=utc_now()), task.kind)
    except Exception as error:  # noqa: BLE001 - one page must not stop the others
        return f"{task.place}: {PAGE_BUG} ({type(error).__name__}: {error})"
    if task.url and not page.url:
        extracted["reasons"].append(
            f"{task.url!r} is not a web address, so links were not resolved"
        )
    return msgspec.json.encode(extracted)


def saved(task: Task) -> Page:
    """Return a saved page, which may be compressed by gzip; a huge page is truncated.

    An invalid web address is ignored.
    """
    path = Path(task.place)
    with path.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    with gzip.open(path) if packed else path.open("rb") as opened:
        return Page(task.url if is_web(task.url) else "", opened.read(MAX_PAGE_BYTES))
