"""Child process that extracts saved pages to preview corrections, and the parent's side.

The child receives a line with the home directory, and then one CorrectionRequest per line. It sends
a CorrectionResponse for each request.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Final, Literal

import msgspec
from lxml import etree

from data.clock import utc_now
from data.errors import CommuniqueError
from data.topics.taxonomy import load_taxonomy
from data.wording import time_limit
from scheduler.children.child import Child, ChildEnded
from scheduler.children.correction.selector_candidates import SelectorCandidate, candidates
from scheduler.children.correction.source_edit import (
    FIELD_BY_KEY,
    Preview,
    preview,
    saved_pages,
    value,
)
from scheduler.children.crawl_lines import ParentLines, write_line
from scheduler.home.home import Home, home_at
from scheduler.logs import log_as, open_log
from scheduler.sources.drift_guard import DriftGuard
from spiders.page.page import Page
from spiders.sources.source_file import load_source

ALLOWED_TAGS: Final = frozenset(
    "address article aside b blockquote caption code dd div dl dt em figcaption figure footer h1 h2"  # noqa: SIM905 - a string is easier to read
    " h3 h4 h5 h6 header i li main nav ol p pre section small strong sub sup table tbody td tfoot"
    " th thead time tr ul".split()
)
"""Tags that the displayed page may contain. For other elements, only the content is written."""

VOID_TAGS: Final = frozenset(["br", "hr"])
"""HTML tags without an end tag."""

REMOVED_TAGS: Final = frozenset(
    "applet audio base canvas datalist embed frame frameset head iframe link math meta noembed"  # noqa: SIM905 - a string is easier to read
    " noframes noscript object param plaintext script select source style svg template textarea"
    " title track video xmp".split()
)
"""Tags of elements that are removed from the displayed page, with all their content."""

MAX_ELEMENTS: Final = 20_000
"""Maximum number of elements of a displayed page. All later elements are omitted."""

PAGE_STYLE: Final = (
    "body{margin:0;padding:1rem;font:15px/1.5 system-ui,sans-serif;color:#1b2327;background:#fff;"
    "overflow-wrap:break-word}"
    "a{color:inherit;text-decoration:none}"
    "a:hover,a:focus{outline:2px solid #0f4c5c;background:#e8f0f1}"
    ".chosen{outline:3px solid #8a2c0d;outline-offset:2px}"
    "table{border-collapse:collapse}td,th{border:1px solid #e2dfd7;padding:.2rem .5rem}"
)


def elements_of(page: Page) -> list[etree._Element]:
    """Return the elements of a page in document order.

    The number of an element is its index in this list.
    """
    return [*page.tree.iter("*")]


def marked_page(page: Page, pick: Callable[[int], str], chosen: int | None = None) -> str:
    """Return a page as HTML in which each text is a link.

    ``pick`` returns the URL for choosing an element by its number.
    """
    numbers = {element: number for number, element in enumerate(elements_of(page))}
    parts: list[str] = []
    cut = ""
    walker = etree.iterwalk(page.tree, events=("start", "end"))
    for event, element in walker:
        tag, number = str(element.tag).lower(), numbers[element]
        if event == "end":
            if tag not in REMOVED_TAGS:
                parts.append(f"<{tag}>" if tag in VOID_TAGS else f"</{written(tag)}>")
            # The text after an element belongs to its parent.
            if (above := element.getparent()) is not None:
                parts.append(text_link(element.tail, pick(numbers[above])))
        elif tag in REMOVED_TAGS:
            walker.skip_subtree()
        else:
            if tag not in VOID_TAGS:
                mark = ' class="chosen"' if number == chosen else ""
                parts.append(f"<{written(tag)}{mark}>")
            if tag == "img":
                name = f"[{(element.get('alt') or 'image')[:100]}]"
                parts.append(text_link(name, pick(number)))
            parts.append(text_link(element.text, pick(number)))
            if number >= MAX_ELEMENTS:
                cut = "<p><strong>Only the beginning of this page is shown.</strong></p>"
                break
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Saved page</title>'
        f"<style>{PAGE_STYLE}</style></head><body>{''.join(parts)}{cut}</body></html>"
    )


def text_link(text: str | None, address: str) -> str:
    """Return a text of a page as a link to ``address``, and white space as a space."""
    if text and text.strip():
        return f'<a target="_top" href="{escape(address)}">{escape(text)}</a>'
    return " " if text else ""


def written(tag: str) -> str:
    """Return the tag to write for an element with the tag ``tag``."""
    if tag in ALLOWED_TAGS:
        return tag
    return "div" if tag in {"html", "body", "form", "fieldset", "center"} else "span"


log = logging.getLogger(__name__)

MAX_SECONDS: Final = 40.0
"""Time limit of a request in seconds. Reading a page of one megabyte takes two seconds."""

IDLE_SECONDS: Final = 120.0
"""Seconds without requests after which the child ends."""

TEXT_FIELDS: Final = frozenset(["title", "section", "publisher"])
"""Names of fields whose value is a text of the page."""

MAX_ANCESTORS: Final = 6
"""Maximum number of ancestors of the chosen element that a person can choose instead."""


class CorrectionRequest(msgspec.Struct, frozen=True):
    """A request about a field of a source, on one of the source's pages (numbered from 0).

    ``element`` is the number of the chosen element, or None. ``pick`` is the URL for choosing
    another element, without the element's number at its end.
    """

    want: Literal["page", "candidates", "preview"]
    source: str
    field: str
    page: int = 0
    element: int | None = None
    selector: str = ""
    pick: str = ""


class Around(msgspec.Struct, frozen=True):
    """The chosen element or one of its ancestors: its number, and a name for display."""

    number: int
    name: str


class CorrectionResponse(msgspec.Struct, frozen=True):
    """Response to a CorrectionRequest. ``fault`` is an error message, or an empty string."""

    fault: str = ""
    html: str = ""
    pages: tuple[str, ...] = ()
    candidates: tuple[SelectorCandidate, ...] = ()
    around: tuple[Around, ...] = ()
    preview: Preview | None = None


class CorrectionFailed(CommuniqueError):
    """Raised if the process that reads saved pages did not respond."""

    def __init__(self, source: str, *, late: bool, log: Path) -> None:
        why = f"took longer than {time_limit(MAX_SECONDS)}" if late else "ended"
        super().__init__(f"the process that reads the saved pages of {source} {why}; see {log}")
        self.source = source


class Corrector:
    """Sends requests to the child process. Starts it when needed; it ends when idle."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = asyncio.Lock()
        self._child: Child | None = None
        self._asked = 0

    async def ask(self, asked: CorrectionRequest) -> CorrectionResponse:
        """Send a request to the child and return its response.

        Raises CorrectionFailed if the child does not respond, and OSError if it can't be started.
        """
        async with self._lock:
            self._asked += 1
            child = self._child or await self._start()
            try:
                async with asyncio.timeout(MAX_SECONDS):
                    await child.say(asked)
                    response = await child.hear(CorrectionResponse)
            except (TimeoutError, ChildEnded, asyncio.CancelledError) as error:
                self._child = None
                child.kill()
                await child.end()
                if isinstance(error, asyncio.CancelledError):
                    raise
                late = isinstance(error, TimeoutError)
                raise CorrectionFailed(asked.source, late=late, log=self._home.crawl_log) from error
            asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle, self._asked)
            return response

    async def close(self) -> None:
        """End the child process."""
        child, self._child = self._child, None
        if child:
            await child.end()

    async def _start(self) -> Child:
        with open_log(self._home.crawl_log) as log:
            self._child = await Child.start(
                "scheduler.children.correction.correction_child", log=log
            )
        await self._child.say(str(self._home.path))
        return self._child

    def _end_idle(self, asked: int) -> None:
        if self._child and self._asked == asked:
            self._child.close()
            self._child = None


def answer(home: Home, asked: CorrectionRequest) -> CorrectionResponse:
    """Process a request and return the response. Raises CommuniqueError."""
    field = FIELD_BY_KEY[asked.field]
    loaded = load_source(home.sources, asked.source)
    with closing(home.plain_store()) as store:
        pages = saved_pages(home, store, loaded, field.table)
        urls = tuple(page.url for page in pages)
        if not pages:
            return CorrectionResponse(
                "no page of this source is stored yet, neither in the archive nor as a sample"
            )
        page = pages[min(asked.page, len(pages) - 1)]
        if asked.want == "page":
            return CorrectionResponse(
                html=marked_page(page, lambda n: f"{asked.pick}{n}", asked.element), pages=urls
            )
        if asked.want == "preview":
            guard = DriftGuard(home, store, load_taxonomy(home.topics))
            made = preview(guard, loaded, pages, field, asked.selector)
            return CorrectionResponse(pages=urls, preview=made)
    chosen = None
    around: tuple[Around, ...] = ()
    if asked.element is not None:
        elements = elements_of(page)
        if asked.element >= len(elements):
            return CorrectionResponse(
                "the saved page has changed: choose the element again", pages=urls
            )
        chosen = elements[asked.element]
        numbers = {element: number for number, element in enumerate(elements)}
        above = [one for one in chosen.iterancestors() if one.tag not in {"body", "html"}][
            :MAX_ANCESTORS
        ]
        around = tuple(Around(numbers[one], element_name(one)) for one in (chosen, *above))
    # The page with the chosen element comes first.
    ordered = [page, *(one for one in pages if one is not page)]
    context = loaded.file.date_context(utc_now())
    known = value(page, loaded.file, field) if field.key in TEXT_FIELDS else ""
    item = loaded.file.listing.item
    found = candidates(field, ordered, context, chosen=chosen, known=known, item=item)
    return CorrectionResponse(pages=urls, candidates=tuple(found), around=around)


def element_name(element: etree._Element) -> str:
    """Return an element's name for display, in the form of a selector: tag, id and classes."""
    named = element.get("id") or ""
    classes = ".".join((element.get("class") or "").split()[:2])
    return f"{element.tag}{'#' + named if named else ''}{'.' + classes if classes else ''}"[:60]


def main() -> int:
    """Respond to requests until the parent closes the input."""
    lines = ParentLines()
    try:
        home = home_at(Path(msgspec.json.decode(next(lines, b""), type=str)))
    except (msgspec.DecodeError, CommuniqueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - goes to the log of the parent
        return 2
    log_as(home.settings.log)
    for line in lines:
        asked = msgspec.json.decode(line, type=CorrectionRequest)
        try:
            response = answer(home, asked)
        except CommuniqueError as error:
            response = CorrectionResponse(str(error))
        except Exception:
            log.exception("a page of the source %s could not be processed", asked.source)
            response = CorrectionResponse("this page can't be processed: see crawl.log")
        write_line(response)
    return 0


if __name__ == "__main__":
    sys.exit(main())
