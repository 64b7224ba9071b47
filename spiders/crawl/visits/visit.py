"""State of one visit to a source: it stores and counts the results."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import urljoin

import msgspec

from data.clock import utc_now
from data.health.run_errors import ARCHIVE, CUT, VANISHED
from data.identity.decision import Decision
from data.models import Capture, Content, Draft, Release, Run, RunError, Validator, lean
from data.settings import Collect
from data.store.store import Store
from data.text.clean import allowed
from data.text.redaction import redacted
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy, with_topics
from data.wording import counted
from spiders.barriers.soft_404 import missing_reason
from spiders.crawl.drafts.doubts import Doubts
from spiders.crawl.drafts.pending_drafts import PendingDrafts, ReadyDraft
from spiders.crawl.drafts.release_reader import ReleaseReader, StoredReleases
from spiders.crawl.drafts.write_batch import Write, WriteBatch
from spiders.crawl.listings.feed_hubs import FeedHubs
from spiders.crawl.listings.frontier import Frontier, Wanted
from spiders.crawl.listings.gone_releases import GoneReleases
from spiders.crawl.listings.linked_releases import LinkedReleases
from spiders.crawl.listings.requested_urls import RequestedUrls
from spiders.crawl.page_errors import MissingRelease, noted_url, page_errors
from spiders.crawl.visits.release_files import FileKinds, ReleaseFiles
from spiders.crawl.visits.visit_facts import FactFinder
from spiders.download.slow_page import MOVED
from spiders.items import ListingItem
from spiders.learning.day_order import listed_order
from spiders.learning.source_templates import SourceTemplates
from spiders.page.page import Page
from spiders.sections.find import Section
from spiders.sources.loader import LoadedSource
from spiders.sources.unmatched import told

READER = "4"
"""Version of the extraction of listings; a new version reads unchanged listings again."""

NO_FILES = FileKinds()

EMPTY_INDEX: Final = (
    "no release was found on the listing (it lists only archives, and those that were read list no"
    " release); what is stored stays as it is"
)

PageLimit: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Limits the CPU time of the page at an address, or of other work of a visit if it is ""."""

log = logging.getLogger(__name__)


class Visit:
    """The state of one visit: counts, errors, and the number of awaited responses.

    - An ``explicit`` visit was requested by a person and checks all stored releases.
    - A ``backfill`` visit walks through all listing pages, and requests them without conditions.
    - ``on_progress`` is called after each response, ``over`` once at the end.
    - ``shown`` removes secrets from errors and notes.
    - ``seal`` is called at the end, and makes archived responses durable.
    - ``files`` are the kinds of release files to archive.
    - ``hubs`` tells whether to look for the feed's WebSub hub.
    - ``stored_pages`` returns the newest archived pages with the releases extracted from them.
    - ``limit`` limits the CPU time of a page.
    - ``check_page`` raises SlowPage for a page that must not be read in this process.

    After all requested pages are read, ``wanted`` returns what to request next. If it returns
    nothing, ``finish`` ends the visit.
    """

    def __init__(
        self,
        loaded: LoadedSource,
        store: Store,
        taxonomy: Taxonomy,
        limits: Collect,
        *,
        shown: Callable[[str], str] = redacted,
        seal: Callable[[], None] | None = None,
        files: FileKinds = NO_FILES,
        hubs: bool = False,
        explicit: bool = False,
        backfill: bool = False,
        on_progress: Callable[[Visit], None] | None = None,
        over: Callable[[Visit], None] | None = None,
        stored_pages: Callable[[], Iterable[tuple[Page, Release]]] = tuple,
        check_page: Callable[[str], None] = lambda _: None,
        limit: PageLimit = lambda _: nullcontext(),
    ) -> None:
        self.loaded = loaded
        self.file = loaded.file
        self.id = loaded.id
        self.store = store
        self.limits = limits
        self.explicit = explicit
        self.backfill = backfill
        self.check_page = check_page
        self.limit = limit
        self.started = utc_now()
        self.run = Run(self.id, self.started, 0.0)
        self._noted: set[RunError] = set()
        self._unvisited: Counter[tuple[str, str, str]] = Counter()
        self.front = (self.file.url, urljoin(self.file.url, "/"), *filter(None, [self.file.feed]))
        self._taxonomy = taxonomy
        self._shown = shown
        self._on_progress = on_progress
        self._over = over
        self.ended = False
        self.is_moved = False
        """Whether a page was so slow that the visit continues in a separate process."""
        self.resting = False
        """Whether walks through the listings stop, to be resumed by the next visit."""
        self.awaited = 0
        self.fronts = 0
        self.asked = RequestedUrls()
        self.reading = self.file.date_context(self.started)
        """Context for reading the dates of this source."""
        self._archive_told = False
        self.place = ""
        self.stored = StoredReleases(self.id, store, self._kept_fronts)
        self._doubts = Doubts(self.id, store, self.error)
        self._templates = SourceTemplates(
            self.id,
            self.file.releases,
            store,
            partial(self.stored.read_by, self.file, stored_pages),
        )
        self._linked = LinkedReleases(self.id, store, self.front)
        self._asked_linked = self._asked_again = self._asked_below = False
        self.vanishing = GoneReleases(
            self.id,
            store,
            self.asked,
            fronts=(*filter(None, [self.file.feed]), self.file.url),
            reader=self.reader,
            started=self.started,
            after=dt.timedelta(seconds=limits.retract_after),
        )
        self.held_sections: list[Draft] = []
        """Drafts of releases within first pages, held until all first pages are read."""
        self.frontier = Frontier(
            self.id,
            self.file,
            store,
            limits,
            front=self.front,
            asked=self.asked,
            explicit=explicit,
            backfill=backfill,
        )
        self._seal = seal
        self.feed_hubs = FeedHubs(self.id, self.file, store, self.started, asks=hubs)
        self.files = ReleaseFiles(self.id, store, files, self.started, self.error)
        self._pending = PendingDrafts(self.file, self._templates, store, self.stored.at, self.error)
        self._batch = WriteBatch(store, self.error)
        self._reader = ReleaseReader(
            loaded, self._templates, self._pending, self.stored, self.error
        )
        self.facts = FactFinder(
            self.id, self.file, store, self.stored.at, self._reader.unmatched, at=self.started
        )
        store.register(loaded.source)
        # The pages of redacted releases are not requested, so that they stay out of the archive.
        for url in store.redacted_addresses(self.id):
            self.asked.claim(url)

    @property
    def knows_layouts(self) -> bool:
        """Whether a layout of the source's pages has been learned."""
        return not self._templates.is_empty

    def lists(self, page: Page) -> None:
        """Learn the order of day and month from a page of the listing."""
        shown = listed_order(page, self.reading.now.date())
        self.reading = replace(self.reading, order=self.reading.order or shown)

    @property
    def reader(self) -> str:
        """A name of the rules that read this source's listings."""
        return f"{READER} {msgspec.json.encode(self.file.listing).decode()}"

    def _kept_fronts(self) -> Iterator[str]:
        """Yield the stored first pages of the feed and the listing as JSON texts."""
        for url in filter(None, (self.file.feed, self.file.url)):
            if text := self.store.cached_listing(url, self.reader):
                yield text

    def due(self) -> tuple[str, ...]:
        """Return the addresses of stored releases to request again.

        Pages to learn layouts from come first, then those that were not checked for the longest
        time.
        """
        due = self.store.due(
            self.id,
            now=self.started,
            recent=dt.timedelta(days=self.limits.revisit_days),
            everything=self.explicit or self.backfill,
            limit=self.limits.revisit_most,
        )
        return tuple(dict.fromkeys((*self._templates.wanted, *due)))

    def whole(self, url: str) -> bool:
        """Whether to request a page without conditions, so that it is sent even if unchanged."""
        return self.backfill or url in self._templates.wanted

    def expect(self) -> None:
        """Count one more awaited response or draft."""
        self.awaited += 1

    def settle(self) -> None:
        """Count an awaited response or draft as processed."""
        self.awaited -= 1
        if self._on_progress and not self.ended:
            with self._errors():
                self._on_progress(self)

    def wanted(self) -> tuple[Wanted, ...]:
        """Return what to request next, after all requested pages are read; empty at the end."""
        self.flush()
        found: tuple[Wanted, ...] = ()
        if not self.resting:
            with self._errors():
                found = self._next_of_listings()
        if not found:
            self._finish_pending()
            with self._errors():
                found += self._missing()
            with self._errors():
                found += self._doubted_listings()
            if not found:
                with self._errors():
                    found = self._later_pages()
        if not (found or self.frontier.rests()):
            with self._errors():
                found = tuple(Wanted("feed", url) for url in self.feed_hubs.next())
                found += tuple(Wanted("file", url) for url in self.files.next(utc_now()))
        return found

    def finish(self) -> None:
        """End the visit after its last response: retract releases, and store the report."""
        for finish in (
            self._report_unvisited,
            self._report_empty_index,
            self.frontier.finish,
            self._retract,
            self._linked.finish,
            self._templates.finish,
            self._doubts.finish,
            self._note_facts,
        ):
            with self._errors():
                finish()
        self._end()

    def stop(self, kind: str, message: str) -> None:
        """End the visit early: keep the results so far, and ignore awaited responses.

        The next visit continues.
        """
        if self.ended:
            return
        self._finish_pending()
        self._report_unvisited()
        if kind == CUT:
            with self._errors():
                self.store.return_items(self.id, since=self.started)
        self.error(self.file.url, kind, message)
        self._end()

    def _end(self) -> None:
        self.ended = True
        if self._seal:
            with self._errors():
                self._seal()
        self.run = self.report()
        with self._errors():
            self.store.add_run(self.run)
        if self._over:
            self._over(self)

    def _errors(self) -> AbstractContextManager[None]:
        """Report failures that do not concern a single page as errors of the source."""
        return page_errors(self.file.url, self.error)

    def report(self) -> Run:
        """Return the current report of the visit."""
        return replace(
            self.run,
            seconds=(utc_now() - self.started).total_seconds(),
            found=self.frontier.found,
            history=self.frontier.history,
            bound=self.frontier.bound,
        )

    def _next_of_listings(self) -> tuple[Wanted, ...]:
        items, page = self.frontier.step()
        releases = tuple(Wanted("release", item.url, item=item) for item in items)
        return (*releases, Wanted("listing", page[1], listing_kind=page[0])) if page else releases

    def _missing(self) -> tuple[Wanted, ...]:
        """Return linked pages that are not stored; only the first call returns any."""
        if self._asked_linked:
            return ()
        self._asked_linked = True
        links = self._linked.missing(self.frontier.page)
        return tuple(
            Wanted("linked", link.url, link=link) for link in links if self.asked.claim(link.url)
        )

    def _doubted_listings(self) -> tuple[Wanted, ...]:
        """Return listings reported as unchanged although their items are gone, once per visit."""
        if self._asked_again:
            return ()
        urls = self.vanishing.to_ask_anew()
        self._asked_again = bool(urls)
        return tuple(Wanted("again", url) for url in urls)

    def _later_pages(self) -> tuple[Wanted, ...]:
        """Return later listing pages to search for missing releases; only the first call does."""
        if self._asked_below or self.resting:
            return ()
        self._asked_below = True
        day = self.vanishing.to_search(utc_now())
        if day is None:
            return ()
        self.frontier.search(day)
        return self._next_of_listings()

    def _retract(self) -> None:
        """Retract missing releases, or report that they are missing."""
        outcome = self.vanishing.finish(utc_now())
        self.run = replace(
            self.run,
            gone=outcome.gone,
            unconfirmed=outcome.unconfirmed,
            retracted=outcome.retracted,
        )
        if outcome.note:
            self.note(outcome.note)
        if outcome.held:
            self.error(self.file.url, VANISHED, outcome.held)

    def _note_facts(self) -> None:
        """Store the facts of the visit, and report selectors that match nothing."""
        for unmatched in self.facts.unmatched.without():
            self.error(self.file.url, "selector", told(*unmatched))
        facts = self.facts.finish(
            self.report(), names=self._linked.has_any, below=self.frontier.rows_below
        )
        asked = self.explicit or self.backfill
        self.run = replace(self.run, facts=lean(msgspec.structs.replace(facts, explicit=asked)))

    def page_read(self, not_archived: str = "") -> None:
        """Count a response; ``not_archived`` is the reason why it could not be archived, or ""."""
        self.run = replace(self.run, pages=self.run.pages + 1)
        self.answered(not_archived)

    def answered(self, not_archived: str) -> None:
        """Report once that responses are not archived; ``not_archived`` is the reason, or ""."""
        if not_archived and not self._archive_told:
            self._archive_told = True
            self.error(self.file.url, ARCHIVE, not_archived)

    def draft(
        self,
        page: Page,
        *,
        aliases: tuple[str, ...],
        item: ListingItem | None,
        validator: Validator | None,
        capture: Capture | None = None,
        anew: bool = False,
    ) -> Draft:
        """Return the draft of a page; ``item`` is its item on the listing. Raises NotARelease.

        ``anew`` is True for the same page that the stored version was extracted from.
        """
        self.check_page(page.url)
        draft = self._reader.draft(page, self.reading, aliases, item, validator, anew=anew)

        def stored() -> Content | None:
            found = map(self.stored.at, dict.fromkeys((*aliases, page.url)))
            return next((release.content for release in found if release), None)

        if not anew and (said := missing_reason(page, draft.content, stored)):
            raise MissingRelease(said)
        return replace(draft, capture=capture)

    def draft_section(
        self, page: Page, section: Section, item: ListingItem, capture: Capture | None
    ) -> Draft:
        """Return the draft of a section of a page; ``item`` is its item on the listing."""
        return replace(self._reader.draft_section(page, section, item), capture=capture)

    def record(self, draft: Draft) -> None:
        """Add a draft of this visit; it is recorded later, together with others.

        `flush` records the drafts that do not wait for better extractions.
        """
        if self.ended:
            return
        with page_errors(draft.url, self.error):
            self.facts.releases.drafted(draft)
        if not self._asked_linked:
            with page_errors(draft.url, self.error):
                self._linked.note(draft)
        with page_errors(draft.url, self.error):
            self._add(self._pending.add(draft))

    def _finish_pending(self) -> None:
        with self.limit(""), self._errors():
            self._add(self._pending.finish())
        self.flush()

    @property
    def last_waiting(self) -> Write | None:
        """The last write in the current batch, or None."""
        return self._batch.last

    def flush(self, one: Write | None = None) -> None:
        """Execute the writes of the current batch; see WriteBatch.flush."""
        with self.limit(""), self._errors():
            self._batch.flush(one)

    def _add(self, drafts: Iterable[ReadyDraft]) -> None:
        """Add drafts to the current batch of writes."""
        for ready in drafts:
            self._batch.add(Write(ready.draft.url, partial(self._record, ready)))

    def _recorded(self, ready: ReadyDraft, decision: Decision) -> None:
        """Count a recorded release."""
        if not ready.renewed:
            self._count(decision.kind, returned=decision.returned)
            self._doubts.note(ready.draft.url, decision, self.reading)

    def _record(self, ready: ReadyDraft) -> Callable[[], None]:
        """Record a draft. Return a function that counts it."""
        draft = ready.draft
        urls = (draft.url, *draft.aliases)
        position = self.frontier.backlog_position(urls, draft.content.published)
        draft = replace(draft, position=position)
        draft, labels = with_topics(draft, self.file.topics, self._taxonomy)
        self.files.note(draft)
        seen = time_of(draft.capture)
        with self.limit(draft.url):
            decision = self.store.record(
                draft, seen=seen, since=self.started, front=self.front, labels=labels
            )
        return partial(self._recorded, ready, decision)

    def confirm(self, url: str, capture: Capture | None = None) -> None:
        """Record that a stored release is unchanged according to its server."""
        if self.ended:
            return
        release = self.stored.id_at(url)
        if release is None:
            self.error(url, "http:304", "the server answered 304 to a question without a condition")
            return
        self.facts.releases.confirmed(url)
        self._pending.confirmed(url)
        mark = partial(self._mark_unchanged, release, time_of(capture), capture)
        self._batch.add(Write(url, mark))

    def _mark_unchanged(
        self, release: str, seen: dt.datetime, capture: Capture | None
    ) -> Callable[[], None]:
        """Record that a release has not changed. Return a function that counts it."""
        was = self.store.mark_unchanged(release, seen=seen, capture=capture)
        # A release with an unchanged page changes only if it had been retracted.
        return partial(self._count, was, returned=was == "changed")

    def release_at(self, url: str) -> Release | None:
        """Return the stored release whose current address is ``url``, or None."""
        release = self.stored.at(url)
        is_there = release and canonical_url(release.url) == canonical_url(url)
        return release if is_there else None

    def missed(self, url: str, status: int, capture: Capture | None = None) -> None:
        """Note that a page is gone; the end of the visit decides about its release.

        ``status`` is 404 or 410, or another status if the page reports that it was not found.
        """
        release = self.release_at(url)
        if release is None:
            self.error(url, f"http:{status}", f"a listing named this page, but it answers {status}")
            return
        self.facts.releases.gone(url)
        seen = time_of(capture)
        was = self.store.mark_gone(release.id, seen=seen, capture=capture)
        if was == "retracted":
            self.vanishing.retracted_before()
            return
        self.vanishing.gone(release.id, seen, first=was == "gone")

    def error(self, url: str, kind: str, message: str) -> None:
        """Add an error to the report, once; the visit continues."""
        self.is_moved = self.is_moved or kind == MOVED
        found = RunError(noted_url(url), kind, self._shown(allowed(message)))
        if found not in self._noted:
            self._noted.add(found)
            self.run = replace(self.run, errors=(*self.run.errors, found))

    def unvisited(self, url: str, kind: str, message: str) -> None:
        """Count a page that could not be requested, for a reason that concerns its whole host."""
        self._unvisited[url, kind, message] += 1

    def _report_unvisited(self) -> None:
        """Report once per reason how many pages the visit could not request."""
        for (url, kind, message), count in self._unvisited.items():
            self.error(url, kind, f"{message}; {counted(count, 'page')} not visited")
        self._unvisited.clear()

    def _report_empty_index(self) -> None:
        """Report a listing page with only archives, if no archive lists a release.

        A visit that ended before it could read an archive does not report this.
        """
        if self.frontier.has_empty_index and not self.resting:
            self.error(self.file.url, "empty", EMPTY_INDEX)

    def note(self, said: str) -> None:
        """Add a note for the operator to the report, once, although nothing went wrong."""
        note = self._shown(allowed(said))
        if note not in self.run.notes:
            self.run = replace(self.run, notes=(*self.run.notes, note))

    def _count(self, kind: str, *, returned: bool) -> None:
        counts = {kind: getattr(self.run, kind) + 1, "returned": self.run.returned + returned}
        self.run = replace(self.run, **counts)


def time_of(capture: Capture | None) -> dt.datetime:
    """Return the time of a response: its capture's time, or the current time without a capture."""
    return capture.at if capture else utc_now()
