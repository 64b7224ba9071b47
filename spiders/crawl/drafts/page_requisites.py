"""Archive the requisites of releases: images, style sheets and other files that their pages need.

They are requested at the end of a visit, after its new and changed releases are stored. A requisite
that can't be archived adds a note to the visit's report, never an error.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from lxml import etree
from scrapy.http import Response

from data.archive.archived_response import Served
from data.archive.content_coding import Undecodable
from data.archive.requisite_cache import KnownFile, WaitingPage
from data.archive.warc.records import target_uri
from data.clock import utc_now
from data.errors import ArchiveError
from data.health.run_errors import ErrorKind, http_kind
from data.models import Capture, Validator
from data.text.urls import canonical_url
from data.wording import counted
from spiders.crawl.drafts.requisite_archive import (
    FAILED_SECONDS,
    MIN_SECONDS,
    RequisiteArchive,
    fresh_seconds,
)
from spiders.crawl.page_errors import page_errors, reported_url
from spiders.crawl.visit_scope import VisitScope
from spiders.download.capture import capture_of
from spiders.download.responses import requested_url, validator_of
from spiders.download.settings import PICTURE_TYPES, PICTURED, PICTURES
from spiders.page.page import Page
from spiders.requisites.markup import requisites_of_page
from spiders.requisites.style_sheet import Kind, PageWords, Requisite, requisites_of_sheet

MAX_REQUESTS: Final = 400
"""Maximum number of requisites requested per visit."""

MAX_BYTES: Final = 50_000_000
"""Maximum total size, in bytes, of the requisites downloaded per visit."""

MAX_SECONDS: Final = 60.0
"""Maximum time for the requisites of one visit, in seconds. The next visit requests the remaining
requisites.
"""

MAX_PER_FILE: Final = 8_000_000
"""Maximum size of one requisite, in bytes. A larger requisite is not archived."""

MAX_PER_PAGE: Final = 300
"""Maximum number of requisites archived per page, in page order."""

MAX_AT_ONCE: Final = 12
"""Maximum number of requisites requested at the same time."""

MAX_STYLE_DEPTH: Final = 6
"""Maximum nesting depth of style sheets that import each other (``@import``)."""

MAX_PLANNING_SECONDS: Final = 2.0
"""Maximum CPU time in seconds for choosing the next requests."""

MAX_RELEASES: Final = 10
"""Maximum number of releases that are looked up per page URL."""

RETRY_DELAY: Final = dt.timedelta(hours=1)
"""Time after which a page's requisites are requested again if some of them could not be fetched."""

FINAL_KINDS: Final = frozenset({"robots", "refused", "size"})
"""Kinds of errors after which a requisite is not requested again for a long time."""


@dataclass(slots=True)
class _Plan:
    """The requisites of one page that are still to be requested."""

    page: WaitingPage
    archive: RequisiteArchive
    tree: etree._Element | None = None
    words: PageWords | None = None
    queue: deque[str] = field(default_factory=deque)
    known: dict[str, tuple[Kind, int]] = field(default_factory=dict)
    """Kind of each requisite, and the number of style sheets that lead to it, by URL."""
    picture: Served | None = None
    """The page, if its screenshot and PDF are still to be made, or None."""
    left_out: int = 0
    fails: bool = False

    def needs(self, requisite: Requisite) -> bool:
        """Whether the page needs a requisite, which depends on its words for some of them."""
        if self.tree is None or not (requisite.names or requisite.letters):
            return True
        self.words = self.words or PageWords.of(self.tree)
        return self.words.need(requisite)


class PageRequisites:
    """Requests the requisites of one source's releases during a visit.

    Without an ``archive``, nothing is requested.
    """

    def __init__(self, scope: VisitScope, archive: RequisiteArchive | None) -> None:
        self._scope = scope
        is_wanted = archive is not None and scope.file.archive != "none"
        self._archive = archive if is_wanted else None
        self._loaded: dict[str, bytes] = {}
        self._plan: _Plan | None = None
        self._asked: set[str] = set()
        self._bytes = 0
        self._began = 0.0
        self._is_over = False
        self._is_cut = False
        self._redacted: frozenset[str] | None = None
        self._failed: Counter[str] = Counter()
        self._first_failure = ""

    def add_loaded(self, capture: Capture | None, urls: Mapping[str, Kind]) -> None:
        """Add the URLs that a browser requested when it rendered the page in a capture."""
        if capture and urls and self._archive and self._archive.mode == "rendered":
            self._loaded[capture.record_id] = msgspec.json.encode(urls)

    def note(self, url: str, capture: Capture | None) -> None:
        """Add the page of a new or changed release, whose requisites are requested later."""
        if self._archive and capture:
            with page_errors(url, self.failed):
                loaded = self._loaded.pop(capture.record_id, b"")
                self._archive.cache.add_page(self._scope.id, url, capture, loaded)

    def next(self, now: dt.datetime) -> tuple[str, ...]:
        """Return the URLs of the next requisites to request, or an empty tuple at the end."""
        if self._archive is None or self._is_over:
            return ()
        self._began = self._began or time.monotonic()
        before = time.process_time()
        while not (self._plan and self._plan.queue):
            if self._plan and self._plan.picture and self._plan.page.url not in self._asked:
                self._plan.queue.append(self._plan.page.url)
                break
            self._is_over = True
            with page_errors(self._scope.file.url, self.failed):
                self._end_page(now)
                is_planned = time.process_time() - before < MAX_PLANNING_SECONDS
                if is_planned and self._has_budget():
                    self._is_over = not self._begin_page(self._archive, now)
                else:
                    self._is_cut = bool(self._archive.cache.pages(self._scope.id, now, limit=1))
            if self._is_over:
                return ()
        if not self._has_budget():
            self._is_over = self._is_cut = True
            return ()
        count = min(MAX_AT_ONCE, MAX_REQUESTS - len(self._asked), len(self._plan.queue))
        found = tuple(self._plan.queue.popleft() for _ in range(count))
        self._asked.update(found)
        return found

    def limit(self) -> int:
        """Return the maximum size of the next response in bytes."""
        return max(min(MAX_PER_FILE, MAX_BYTES - self._bytes), 0)

    def validator(self, url: str) -> Validator | None:
        """Return the validator for requesting a requisite again, or None if it is not archived."""
        if self._archive is None or self._archive.newest(url) is None:
            return None
        known = self._archive.cache.known(url)
        return known.validator if known else None

    def pictured(self, url: str) -> tuple[Served, Callable[[str], Served | None]] | None:
        """Return the archived page at a URL if a screenshot of it is still to be made, or None.

        The second value is a function that returns an archived requisite of the page, by URL.
        """
        plan = self._plan
        if plan is None or plan.page.url != url or plan.picture is None:
            return None
        return plan.picture, plan.archive.part

    def read(self, response: Response) -> None:
        """Process the response for a requisite, which is already archived."""
        if self._archive is None:
            return
        url, capture, now = requested_url(response), capture_of(response), utc_now().timestamp()
        if PICTURED in response.meta:
            self._read_pictures(url, response.meta.get(PICTURES, {}))
            return
        self._bytes += len(response.body)
        known = self._archive.cache.known(url)
        is_same = response.status == HTTPStatus.NOT_MODIFIED and known is not None
        if response.status not in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED} or not capture:
            self.failed(
                url, http_kind(response.status), f"the server responded with {response.status}"
            )
            return
        is_unchanged = known and (is_same or known.digest == capture.digest)
        checks = known.checks + 1 if known and is_unchanged else 0
        until = now + fresh_seconds(partial(_header, response), checks)
        if known and is_same:
            file = msgspec.structs.replace(known, until=until, checks=checks)
        else:
            links = self._links(url, response.body, response.url, _header(response, "Content-Type"))
            file = KnownFile(until, checks, capture.digest, validator_of(response), links)
        self._archive.cache.keep(url, file)
        self._add_links(url)

    def failed(self, url: str, kind: ErrorKind, message: str) -> None:
        """Count a requisite that could not be fetched.

        A note in the report contains the number of failures and the most frequent reason.
        """
        is_picture = self.pictured(url) is not None
        self._failed[f"no screenshot or PDF: {message}" if is_picture else message] += 1
        self._first_failure = self._first_failure or reported_url(url)
        if self._plan is None or url not in self._plan.known:
            return
        is_final = kind in FINAL_KINDS or kind.startswith("http:4")
        self._plan.fails = self._plan.fails or not is_final
        if is_picture:
            return
        seconds = MIN_SECONDS if is_final else FAILED_SECONDS
        # If the cache fails, the next visit requests the file again.
        with suppress(ArchiveError):
            self._plan.archive.cache.keep(url, KnownFile(utc_now().timestamp() + seconds))

    def finish(self) -> None:
        """Add notes about failures, and about pages whose requisites wait for the next visit."""
        if self._archive and self._archive.no_browser:
            self._scope.report.note(self._archive.no_browser)
        if total := self._failed.total():
            message = self._failed.most_common(1)[0][0]
            self._scope.report.note(
                f"{counted(total, 'page requisite')} could not be archived, the first at"
                f" {self._first_failure}; the most frequent reason: {message}"
            )
        if self._is_cut:
            self._scope.report.note(
                "page requisites: the limit per visit was reached; the next visit continues"
            )

    def _has_budget(self) -> bool:
        return (
            len(self._asked) < MAX_REQUESTS
            and self._bytes < MAX_BYTES
            and time.monotonic() - self._began < MAX_SECONDS
        )

    def _end_page(self, now: dt.datetime) -> None:
        """Finish the current page. Its missing requisites are requested again later."""
        plan, self._plan = self._plan, None
        if plan is None:
            return
        if plan.left_out:
            self._scope.report.note(
                f"page requisites: {reported_url(plan.page.url)} has more than {MAX_PER_PAGE};"
                f" {plan.left_out} are not archived"
            )
        if plan.fails:
            plan.archive.cache.retry_page(plan.page, now + RETRY_DELAY)
        else:
            plan.archive.cache.finish_page(plan.page.record_id)

    def _begin_page(self, archive: RequisiteArchive, now: dt.datetime) -> bool:
        """Plan the requests for the next waiting page. Returns False if there is no such page."""
        for page in archive.cache.pages(self._scope.id, now, limit=1):
            self._plan = _Plan(page, archive)
            with page_errors(page.url, self.failed):
                self._read_page(self._plan)
            return True
        return False

    def _read_page(self, plan: _Plan) -> None:
        if self._redacted is None:
            redacted = self._scope.store.redacted_addresses(self._scope.id)
            self._redacted = frozenset(map(canonical_url, redacted))
        if canonical_url(plan.page.url) in self._redacted:
            return
        try:
            answer = plan.archive.served(plan.page.file, plan.page.offset)
        except (ArchiveError, Undecodable):
            # Its record was removed or moved.
            return
        page = Page(answer.url, answer.body, answer.content_type)
        if "html" not in answer.content_type.lower() or page.is_binary:
            return
        if plan.archive.takes_pictures and self._is_current(plan.page):
            plan.picture = answer
            # An image at the address of the page is not requested.
            plan.known[plan.page.url] = ("image", 0)
        if plan.archive.mode == "none":
            return
        plan.tree = page.tree
        plan.known |= dict.fromkeys(self._redacted, ("image", 0))
        self._add(requisites_of_page(page, scripts=self._scope.file.render), 0)
        if plan.page.loaded:
            loaded = msgspec.json.decode(plan.page.loaded, type=dict[str, Kind])
            self._add((Requisite(url, kind) for url, kind in loaded.items()), 0)

    def _is_current(self, page: WaitingPage) -> bool:
        """Whether a page shows the current version of its release."""
        releases = self._scope.store.find_releases(page.url, limit=MAX_RELEASES)
        captures = (one.capture for one in releases if one.source == self._scope.id)
        return any(one.record_id == page.record_id for one in captures if one)

    def _read_pictures(self, url: str, pictures: Mapping[str, bytes]) -> None:
        if self._plan is None or self._plan.page.url != url:
            return
        self._bytes += sum(map(len, pictures.values()))
        self._plan.archive.add_pictures(self._plan.page, pictures)
        for kind in PICTURE_TYPES.keys() - pictures.keys():
            self.failed(url, "size", f"the {kind} is too large")

    def _add(self, requisites: Iterable[Requisite], depth: int) -> None:
        """Add requisites to the plan, and queue those that must be requested.

        If a style sheet does not have to be requested again, its own requisites are added instead.
        """
        plan = self._plan
        if plan is None:
            return
        waiting = deque((one, depth) for one in requisites)
        now = utc_now().timestamp()
        while waiting:
            one, depth = waiting.popleft()
            if one.url in plan.known or not plan.needs(one):
                continue
            if target_uri(one.url)[0] in plan.archive.redacted:
                continue
            if len(plan.known) >= MAX_PER_PAGE:
                plan.left_out += 1
                continue
            plan.known[one.url] = (one.kind, depth)
            if one.url in self._asked or plan.archive.is_fresh(one.url, now):
                waiting.extend((link, depth + 1) for link in self._links_of(plan, one.url))
            elif one.kind == "image":
                plan.queue.append(one.url)
            else:
                plan.queue.appendleft(one.url)

    def _add_links(self, url: str) -> None:
        if self._plan:
            _, depth = self._plan.known.get(url, ("image", 0))
            self._add(self._links_of(self._plan, url), depth + 1)

    def _links_of(self, plan: _Plan, url: str) -> Sequence[Requisite]:
        """Return the requisites of a style sheet that is archived."""
        kind, depth = plan.known.get(url, ("image", 0))
        if kind != "style" or depth >= MAX_STYLE_DEPTH:
            return ()
        known = plan.archive.cache.known(url)
        links = known.links if known else None
        if links is None and (sheet := plan.archive.sheet(url)):
            links = self._links(url, sheet.body, sheet.url, sheet.content_type)
        return msgspec.json.decode(links, type=list[Requisite]) if links else ()

    def _links(self, url: str, body: bytes, base: str, content_type: str) -> bytes | None:
        """Return the requisites in a style sheet as JSON, or None for any other file."""
        kind, _ = self._plan.known.get(url, ("image", 0)) if self._plan else ("image", 0)
        if kind != "style":
            return None
        return msgspec.json.encode(requisites_of_sheet(body, base, content_type))


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
