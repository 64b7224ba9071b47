"""The state of one visit to a source, which stores and counts the results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import msgspec
from scrapy.http import Response

from data.clock import utc_now
from data.health.run_errors import CUT, ErrorKind, file_kind, http_kind, was_interrupted
from data.models import Capture, Content, Draft, Release, Run, lean
from data.settings import Collect
from data.store.core.store import Store
from data.text.masking import masked
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy
from spiders.barriers import missing_release_message
from spiders.crawl.drafts.draft_recorder import (
    Doubts,
    DraftRecorder,
    PageLimit,
    UnchangedPage,
    time_of,
)
from spiders.crawl.drafts.page_requisites import PageRequisites
from spiders.crawl.drafts.pending_drafts import PendingDrafts
from spiders.crawl.drafts.release_files import FileKinds, ReleaseFiles
from spiders.crawl.drafts.release_reader import PageDraft, ReleaseReader, StoredReleases
from spiders.crawl.drafts.requisite_archive import RequisiteArchive
from spiders.crawl.listings.feed_hubs import FeedHubs
from spiders.crawl.listings.frontier import Frontier
from spiders.crawl.listings.gone_releases import GoneReleases
from spiders.crawl.listings.linked_releases import LinkedReleases
from spiders.crawl.page_errors import UNREQUESTED_304, MissingRelease, page_errors
from spiders.crawl.visit_scope import VisitScope
from spiders.crawl.visits.fact_finder import FactFinder
from spiders.crawl.visits.next_requests import NextRequests, Wanted
from spiders.download.capture import capture_of
from spiders.download.responses import page_of, requested_url, validator_of
from spiders.items import ListingItem
from spiders.learning.source_templates import SourceTemplates
from spiders.page.page import Page
from spiders.sources.source_file import LoadedSource
from spiders.sources.unmatched_selectors import message_about

NO_FILES: Final = FileKinds()

LISTED_BUT_MISSING: Final = "a listing links to this page, but the server responded with {status}"

PAGE_MISSING: Final = (
    "the page is missing: the server responded with {status}. If it has moved, set url in the"
    " source file"
)

EMPTY_INDEX: Final = (
    "no release was found on the listing: it contains only archives, and no archive that was read"
    " lists a release"
)


@dataclass(frozen=True, slots=True)
class CrawlContext:
    """What all visits of one crawl have in common.

    - ``public_text``: removes secrets from errors and notes
    - ``seal``: called at the end of each visit, makes archived responses durable
    - ``requisites``: the archive of page requisites, or None to archive none
    - ``hubs``: whether to search for the WebSub hubs of feeds
    - ``on_progress``: called with the visit after each response
    - ``on_end``: called with the visit once at its end
    """

    taxonomy: Taxonomy
    limits: Collect
    public_text: Callable[[str], str] = masked
    seal: Callable[[], None] = lambda: None
    requisites: RequisiteArchive | None = None
    hubs: bool = False
    on_progress: Callable[[Visit], None] = lambda _: None
    on_end: Callable[[Visit], None] = lambda _: None


class Visit:
    """The state of one visit: its parts, and the number of awaited responses.

    - ``explicit``: whether a user started the visit, which then checks all stored releases
    - ``backfill``: whether to page through all listings, with unconditional requests
    - ``files``: the kinds of release files to archive
    - ``stored_pages``: returns the newest archived pages with the releases extracted from them
    - ``limit``: limits the CPU time of a page
    - ``check_page``: raises SlowPage for a page that must not be extracted in this process

    When all requested pages have been processed, ``requests`` chooses the next requests. If there
    are none, ``finish`` ends the visit.
    """

    def __init__(
        self,
        loaded: LoadedSource,
        store: Store,
        crawl: CrawlContext,
        *,
        explicit: bool = False,
        backfill: bool = False,
        files: FileKinds = NO_FILES,
        stored_pages: Callable[[], Iterable[tuple[Page, Release]]] = tuple,
        check_page: Callable[[str], None] = lambda _: None,
        limit: PageLimit = lambda _: nullcontext(),
    ) -> None:
        self.scope = scope = VisitScope(
            loaded.id,
            loaded.file,
            store,
            crawl.limits,
            utc_now(),
            explicit,
            backfill,
            crawl.public_text,
        )
        self.id = loaded.id
        self.file = loaded.file
        self.proxy = loaded.file.proxy
        self.store = store
        self.report = scope.report
        self.requested = scope.requested
        self.check_page = check_page
        self.limit = limit
        self._crawl = crawl
        self.ended = False
        self._is_finished = False
        self.awaited = 0
        """Number of requests without a processed response."""
        self.parts: list[Draft] = []
        """Drafts of page parts, which wait until all first pages have arrived or failed."""
        self.stored = StoredReleases(self.id, store, self._stored_first_pages)
        self._templates = SourceTemplates(
            self.id,
            self.file.releases,
            store,
            partial(self.stored.read_by, self.file, stored_pages),
        )
        report_error = self.report.error
        self.reader = ReleaseReader(loaded, self._templates, self.stored, report_error)
        self.facts = FactFinder(scope, self.reader.unmatched)
        self.frontier = Frontier(scope)
        self.gone = GoneReleases(scope)
        self.feed_hubs = FeedHubs(scope, asks=crawl.hubs)
        self.files = ReleaseFiles(scope, files)
        self.requisites = PageRequisites(scope, crawl.requisites)
        self._linked = LinkedReleases(scope)
        self._doubts = Doubts(scope, self.reader)
        self.recorder = DraftRecorder(
            scope,
            crawl.taxonomy,
            pending=PendingDrafts(self.file, self._templates, store, self.stored, report_error),
            doubts=self._doubts,
            files=self.files,
            requisites=self.requisites,
            position_of=self.frontier.backlog.position,
            limit=limit,
        )
        self.requests = NextRequests(
            scope,
            self.frontier,
            self._linked,
            self.gone,
            self.feed_hubs,
            self.files,
            self.recorder,
        )
        interrupted = self.frontier.interrupted
        self.resumes = interrupted is not None
        """Whether the visit resumes an interrupted first visit. It then requests new releases
        first."""
        scope.since = interrupted or scope.started
        store.register(loaded.source)
        store.note_addresses(loaded.file.addresses)
        # The pages of redacted releases are not requested, so that they stay out of the archive.
        for url in store.redacted_addresses(self.id):
            self.requested.claim(url)

    def _stored_first_pages(self) -> Iterator[str]:
        """Yield the stored first pages of the feed and the listing as JSON texts."""
        for url in filter(None, (self.file.feed, self.file.url)):
            if text := self.store.cached_listing(url, self.scope.listing_rules):
                yield text

    def due(self) -> tuple[str, ...]:
        """Return the URLs of stored releases that are due for another request.

        Pages needed for learning layouts come first, then the other pages, least recently checked
        first.
        """
        due = self.store.due(
            self.id,
            now=self.scope.started,
            recent=dt.timedelta(days=self.scope.limits.revisit_days),
            everything=self.scope.explicit or self.scope.backfill,
            limit=self.scope.limits.revisit_most,
        )
        return tuple(dict.fromkeys((*self._templates.wanted, *due)))

    def add_request(self, url: str, *, known: bool) -> None:
        """Count the request for a release. ``known`` is true if the release is stored."""
        self.facts.releases.add_request(url, known=known)
        if known:
            self.gone.add_request()

    def is_unconditional(self, url: str) -> bool:
        """Whether to request a page unconditionally, so that the server always sends it."""
        return self.scope.backfill or url in self._templates.wanted

    def settle(self) -> None:
        """Decrease the number of awaited responses by one, after a response was processed."""
        self.awaited -= 1
        if not self.ended:
            with self.report.errors():
                self._crawl.on_progress(self)

    def finish(self) -> tuple[Wanted, ...]:
        """Retract missing releases after the last response, and return the next page requisites.

        If there are none, the visit ends and its report is stored.
        """
        if not self._is_finished:
            self._is_finished = True
            self._finish()
        wanted = tuple(Wanted("requisite", url) for url in self.requisites.next(utc_now()))
        if not wanted:
            self._end()
        return wanted

    def _finish(self) -> None:
        for finish in (
            self.report.report_unvisited,
            self._report_empty_index,
            self.frontier.finish,
            lambda: self.gone.finish(utc_now()),
            self._linked.finish,
            self._templates.finish,
            self._doubts.finish,
            self._note_facts,
        ):
            with self.report.errors():
                finish()

    def stop(self, kind: ErrorKind, message: str) -> None:
        """End the visit early, keep its results so far, and ignore awaited responses.

        The next visit resumes the work.
        """
        if self.ended:
            return
        if self._is_finished:
            self._end()
            return
        self.recorder.finish()
        self.report.report_unvisited()
        if kind == CUT:
            with self.report.errors():
                self.store.return_items(self.id, since=self.scope.started)
        self.report.error(self.file.url, kind, message)
        self._end()

    def _end(self) -> None:
        self.ended = True
        self.requisites.finish()
        with self.report.errors():
            self._crawl.seal()
        self.report.run = self._current_run()
        with self.report.errors():
            run = self.report.run
            self.store.add_run(run, settles=not was_interrupted(run))
        self._crawl.on_end(self)

    def _current_run(self) -> Run:
        run = replace(self.report.run, seconds=(utc_now() - self.scope.started).total_seconds())
        if self.file.is_page:
            return replace(run, found=run.new + run.changed + run.unchanged, history="complete")
        return replace(
            run,
            found=len(self.frontier.backlog.positions),
            history=self.frontier.history,
            bound=self.frontier.bound,
        )

    def _report_empty_index(self) -> None:
        """Report a listing page that contains only archives, none of which lists a release.

        Nothing is reported if the visit ended before it could read an archive.
        """
        if self.frontier.has_empty_index and not self.requests.is_paused:
            self.report.error(self.file.url, "empty", EMPTY_INDEX)

    def _note_facts(self) -> None:
        """Store the facts of the visit, and report selectors that match nothing."""
        for unmatched in self.facts.unmatched.without():
            self.report.error(self.file.url, "selector", message_about(*unmatched))
        facts = self.facts.finish(
            self._current_run(),
            has_links=self._linked.has_any,
            below=self.frontier.rows_below,
        )
        facts = msgspec.structs.replace(facts, explicit=self.scope.explicit or self.scope.backfill)
        facts = msgspec.structs.replace(facts, is_page=self.file.is_page, waits=self._doubts.waits)
        self.report.run = replace(self.report.run, facts=lean(facts))

    def draft(self, response: Response, item: ListingItem | None) -> PageDraft:
        """Extract a response and return its draft. ``item`` is its listing item, or None.

        Raises NotARelease if the page is not a release.
        """
        page = page_of(response)
        self.check_page(page.url)
        redirects = response.meta.get("redirect_urls", ())
        aliases = tuple(dict.fromkeys((requested_url(response), *redirects)))
        validator, capture = validator_of(response), capture_of(response)
        read = self.reader.draft(page, aliases, item, validator, capture=capture)
        if page.document and page.document.missing:
            self.report.error(page.url, file_kind("size"), page.document.missing)

        def stored() -> Content | None:
            release = self.stored.first_at((*aliases, page.url))
            return release.content if release else None

        if message := missing_release_message(page, read.draft.content, stored):
            raise MissingRelease(message)
        return read

    def record(self, read: PageDraft) -> bool:
        """Record a draft of this visit, together with other drafts (see DraftRecorder).

        Returns whether the page has the same bytes as at the last visit.
        """
        url, known = read.draft.url, None
        if self.ended:
            return False
        with self.limit(url), page_errors(url, self.report.error):
            self.check_page(url)
            known = self.stored.first_at((url, *read.draft.aliases))
            with page_errors(url, self.report.error):
                self.facts.releases.add_draft(read.draft, known)
            with page_errors(url, self.report.error):
                self._linked.note(read.draft)
            self.recorder.add(read, known)
        return known is not None and known.digest == read.draft.digest != ""

    def confirm(self, url: str, capture: Capture | None = None) -> None:
        """Record that the server reports the stored release at ``url`` as unchanged."""
        if self.ended:
            return
        release_id = self.stored.id_at(url)
        if release_id is None:
            self.report.error(url, http_kind(304), UNREQUESTED_304)
            return
        self.facts.releases.confirmed(url)
        self.recorder.add_unchanged(UnchangedPage(url, release_id, capture))

    def release_at(self, url: str) -> Release | None:
        """Return the stored release whose current URL is ``url``, or None.

        If the source is a single page, the release may also have been redirected from ``url``.
        """
        release = self.stored.at(url)
        if self.file.is_page:
            return release
        is_current = release and canonical_url(release.url) == canonical_url(url)
        return release if is_current else None

    def add_missing(self, url: str, status: int, capture: Capture | None = None) -> None:
        """Record that a page is gone. At the end of the visit, its release may be retracted.

        ``status`` is 404 or 410, or the status of a page that reports itself as missing.
        """
        release = self.release_at(url)
        if release is None or self.file.is_page:
            message = PAGE_MISSING if self.file.is_page else LISTED_BUT_MISSING
            self.report.error(url, http_kind(status), message.format(status=status))
        if release is None:
            return
        self.facts.releases.gone(url)
        self.gone.add(release.id, time_of(capture), capture)
