"""The process that reads saved pages for corrections, and the service's side of it.

The child reads a line with the HOME, then lines with what is asked, and answers each with a Told.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

import msgspec
from lxml import etree

from data.clock import utc_now
from data.errors import CommuniqueError
from data.topics.taxonomy import load_taxonomy
from data.wording import time_limit
from scheduler.home import Home, home_at
from scheduler.jobs.child import Child, ChildEnded
from scheduler.jobs.correction.candidates import Candidate, candidates
from scheduler.jobs.correction.fields import FIELDS
from scheduler.jobs.correction.marked_page import elements_of, marked_page
from scheduler.jobs.correction.preview import Preview, preview, value
from scheduler.jobs.correction.saved_pages import saved_pages
from scheduler.jobs.drift import DriftGuard
from scheduler.logs import log_as, open_log
from scheduler.parent_lines import ParentLines, write_line
from spiders.sources.loader import load_source

log = logging.getLogger(__name__)

SECONDS: Final = 40.0
"""For which one question may take; a page of a megabyte takes two."""

IDLE: Final = 120.0
"""Seconds after which a child that nobody asks ends."""

WORDED: Final = frozenset(["title", "section", "publisher"])
"""Fields that are one text of the page."""

WIDER: Final = 6
"""Elements around the chosen one that are offered."""


class Asked(msgspec.Struct, frozen=True):
    """A question: of a source, for a field, on one of its pages (from 0).

    ``element`` is the number of the one that was chosen, or None; ``pick`` the address by which
    another is, before its number.
    """

    want: Literal["page", "candidates", "preview"]
    source: str
    field: str
    page: int = 0
    element: int | None = None
    selector: str = ""
    pick: str = ""


class Around(msgspec.Struct, frozen=True):
    """An element that holds the chosen one: its number and what it is called."""

    number: int
    name: str


class Told(msgspec.Struct, frozen=True):
    """An answer; ``fault`` is a sentence where there is none."""

    fault: str = ""
    html: str = ""
    pages: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    around: tuple[Around, ...] = ()
    preview: Preview | None = None


class CorrectionFailed(CommuniqueError):
    """The process that reads saved pages gave no answer."""

    def __init__(self, source: str, *, late: bool, log: Path) -> None:
        why = f"took longer than {time_limit(SECONDS)}" if late else "ended"
        super().__init__(f"the process that reads the saved pages of {source} {why}; see {log}")
        self.source = source


class Corrector:
    """Asks the child, which is started when it is needed, and ends when it is not."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = asyncio.Lock()
        self._child: Child | None = None
        self._asked = 0

    async def ask(self, asked: Asked) -> Told:
        """The answer to a question. Raises CorrectionFailed, OSError."""
        async with self._lock:
            self._asked += 1
            child = self._child or await self._start()
            try:
                async with asyncio.timeout(SECONDS):
                    await child.say(asked)
                    told = await child.hear(Told)
            except (TimeoutError, ChildEnded, asyncio.CancelledError) as error:
                self._child = None
                child.kill()
                await child.end()
                if isinstance(error, asyncio.CancelledError):
                    raise
                late = isinstance(error, TimeoutError)
                raise CorrectionFailed(asked.source, late=late, log=self._home.crawl_log) from error
            asyncio.get_running_loop().call_later(IDLE, self._end_idle, self._asked)
            return told

    async def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child:
            await child.end()

    async def _start(self) -> Child:
        with open_log(self._home.crawl_log) as log:
            self._child = await Child.start("scheduler.jobs.correction.child", log=log)
        await self._child.say(str(self._home.path))
        return self._child

    def _end_idle(self, asked: int) -> None:
        if self._child and self._asked == asked:
            self._child.close()
            self._child = None


def answer(home: Home, asked: Asked) -> Told:
    """The answer to a question. Raises CommuniqueError."""
    field = FIELDS[asked.field]
    loaded = load_source(home.sources, asked.source)
    with closing(home.plain_store()) as store:
        pages = saved_pages(home, store, loaded, field.table)
        urls = tuple(page.url for page in pages)
        if not pages:
            return Told("no page of it is kept yet: neither in the archive nor as a sample")
        page = pages[min(asked.page, len(pages) - 1)]
        if asked.want == "page":
            return Told(
                html=marked_page(page, lambda n: f"{asked.pick}{n}", asked.element), pages=urls
            )
        if asked.want == "preview":
            guard = DriftGuard(home, store, load_taxonomy(home.topics))
            made = preview(guard, loaded, pages, field, asked.selector)
            return Told(pages=urls, preview=made)
    chosen = None
    around: tuple[Around, ...] = ()
    if asked.element is not None:
        elements = elements_of(page)
        if asked.element >= len(elements):
            return Told("the saved page has changed: choose the element again", pages=urls)
        chosen = elements[asked.element]
        numbers = {element: number for number, element in enumerate(elements)}
        above = [one for one in chosen.iterancestors() if one.tag not in {"body", "html"}][:WIDER]
        around = tuple(Around(numbers[one], name_of(one)) for one in (chosen, *above))
    # The page that was pointed at comes first.
    ordered = [page, *(one for one in pages if one is not page)]
    reading = loaded.file.date_context(utc_now())
    known = value(page, loaded.file, field) if field.key in WORDED else ""
    item = loaded.file.listing.item
    found = candidates(field, ordered, reading, chosen=chosen, known=known, item=item)
    return Told(pages=urls, candidates=tuple(found), around=around)


def name_of(element: etree._Element) -> str:
    """An element as people who write selectors call it."""
    named = element.get("id") or ""
    classes = ".".join((element.get("class") or "").split()[:2])
    return f"{element.tag}{'#' + named if named else ''}{'.' + classes if classes else ''}"[:60]


def main() -> int:
    """Answer until nobody asks any more."""
    lines = ParentLines()
    try:
        home = home_at(Path(msgspec.json.decode(next(lines, b""), type=str)))
    except (msgspec.DecodeError, CommuniqueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - to the log of the parent
        return 2
    log_as(home.settings.log)
    for line in lines:
        asked = msgspec.json.decode(line, type=Asked)
        try:
            told = answer(home, asked)
        except CommuniqueError as error:
            told = Told(str(error))
        except Exception:
            log.exception("a page of %s can't be read", asked.source)
            told = Told("this page can't be read: see crawl.log")
        write_line(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
