"""One visit to a source: what it meets goes to the store, and is counted."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal
from urllib.parse import urljoin

import msgspec

from data.archive.archive import Archive
from data.clock import utc_now
from data.dates.context import DateContext
from data.health.state import ARCHIVE, FILE, VANISHED
from data.identity.decision import LISTED, Decision, date_doubt
from data.models import Capture, Draft, Facet, Link, ListingKind, Release, Run, RunError, Validator
from data.settings import Collect
from data.store.protocol import Store
from data.text.clean import allowed
from data.text.redaction import redacted
from data.text.urls import canonical_url
from data.topics.assign import filed
from data.topics.taxonomy import Taxonomy
from spiders.crawl.doubts import UNDATED, order_doubt, zone_doubt
from spiders.crawl.draft import document_type, draft_document, draft_release
from spiders.crawl.frontier import Frontier
from spiders.crawl.gone_releases import GoneReleases
from spiders.crawl.layout_change import shown_on
from spiders.crawl.linked_releases import LinkedReleases
from spiders.crawl.page_errors import BUG, page_errors
from spiders.crawl.pending_drafts import PendingDrafts, ReadyDraft
from spiders.crawl.release_files import FileKinds, ReleaseFiles
from spiders.crawl.requested_urls import RequestedUrls
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.day_order import shown_order
from spiders.learning.source_templates import SourceTemplates
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.loader import LoadedSource
from spiders.sources.source_file import DateOrder, ReleaseRules

READER = "3"
"""Counts up when our reading of listings improves, so that unchanged listings are read anew."""

NO_FILES = FileKinds()

LAST = 20
"""Releases of a source, the newest, by which a new one is judged that lacks a text or a date."""

NO_TEXT = (
    "no text was found on the page, as other releases of this source have it"
    " (check the source with `communique sources check`)"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An address that a visit asks for next, and as what.

    A ``release`` that a listing names (``item``) or a page does (``link``), a ``listing`` page of
    one ``listing_kind``, or a first page of one ``again``, without conditions; or a
    ``file`` of a release, to be archived.
    """

    kind: Literal["release", "linked", "listing", "again", "file"]
    url: str
    item: ListingItem | None = None
    link: Link | None = None
    listing_kind: ListingKind = "page"


class Visit:
    """The state of one visit: counts, errors, what is still awaited.

    ``explicit`` visits were asked for by a person and look at everything at once; ``backfill`` ones
    walk through all listing pages and ask without conditions. ``on_progress`` is called after each
    response, ``over`` once at the end. What it archives in ``archive`` is sealed at its end, and
    ``files`` of its releases are archived too. Whenever all that was asked for has been read,
    ``wanted`` says what to ask for next; where that is nothing, ``finish`` ends the visit.
    """

    def __init__(
        self,
        loaded: LoadedSource,
        store: Store,
        taxonomy: Taxonomy,
        limits: Collect,
        *,
        archive: Archive | None = None,
        files: FileKinds = NO_FILES,
        explicit: bool = False,
        backfill: bool = False,
        on_progress: Callable[[Visit], None] | None = None,
        over: Callable[[Visit], None] | None = None,
    ) -> None:
        self.loaded = loaded
        self.file = loaded.file
        self.id = loaded.id
        self.store = store
        self.limits = limits
        self.explicit = explicit
        self.backfill = backfill
        self.started = utc_now()
        self.run = Run(self.id, self.started, 0.0)
        self.front = (self.file.url, urljoin(self.file.url, "/"), *filter(None, [self.file.feed]))
        self._taxonomy = taxonomy
        self._on_progress = on_progress
        self._over = over
        self.ended = False
        self.resting = False
        """Whether the walks along the listings go on in the next visit only."""
        self.awaited = 0
        self.fronts = 0
        self.asked = RequestedUrls()
        self._order: DateOrder | None = None
        self._order_told = False
        self._zone_told = self._archive_told = False
        self.place = ""
        self._undated: list[str] = []
        self._dates = False
        self._templates = SourceTemplates(self.id, self.file.releases, store)
        self._linked = LinkedReleases(self.id, store, self.front)
        self._asked_linked = self._asked_again = False
        self.vanishing = GoneReleases(
            self.id,
            store,
            self.asked,
            fronts=(*filter(None, [self.file.feed]), self.file.url),
            reader=self.reader,
            started=self.started,
            after=dt.timedelta(seconds=limits.retract_after),
        )
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
        self._archive = archive
        self._files = ReleaseFiles(self.id, store, files, self.started)
        self._pending = PendingDrafts(self.file, self._templates, store, self._stored, self.error)
        store.register(loaded.source)

    @property
    def reading(self) -> DateContext:
        """How the dates of this source are to be read."""
        stated = self.file.date_context(self.started)
        return replace(stated, order=stated.order or self._order)

    def lists(self, page: Page) -> None:
        """Note in which order the page that lists the releases writes day and month."""
        shown = shown_order(page)
        self._order = self._order or (shown if shown != "YMD" else None)

    @property
    def reader(self) -> str:
        """Names the rules that read this source's listings."""
        return f"{READER} {msgspec.json.encode(self.file.listing).decode()}"

    @property
    def first_history(self) -> bool:
        """Whether, when this visit began, no walk to the source's first release had ended yet."""
        return self.frontier.first_history

    def due(self) -> tuple[str, ...]:
        """The addresses of stored releases to look at again, first those to learn from.

        The others follow by how long nobody looked at them.
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
        """Whether a page is to be sent even if it has not changed."""
        return self.backfill or url in self._templates.wanted

    def expect(self) -> None:
        """One more response or draft is awaited."""
        self.awaited += 1

    def settle(self) -> None:
        """What was awaited was dealt with."""
        self.awaited -= 1
        if self._on_progress and not self.ended:
            with self._errors():
                self._on_progress(self)

    def wanted(self) -> tuple[Wanted, ...]:
        """What to ask for now that all is read that was asked for; nothing at the end."""
        found: tuple[Wanted, ...] = ()
        if not self.resting:
            with self._errors():
                found = self._next_of_listings()
        if not found:
            with self._errors():
                self._record_ready(self._pending.finish())
            with self._errors():
                found += self._missing()
            with self._errors():
                found += self._doubted_listings()
        if not (found or self.frontier.rests()):
            with self._errors():
                found = tuple(Wanted("file", url) for url in self._files.next(utc_now()))
        return found

    def finish(self) -> None:
        """End after the last response: decide what the whole of the visit says, keep the report."""
        for finish in (
            self.frontier.finish,
            self._retract,
            self._linked.finish,
            self._templates.finish,
            self._tell_undated,
        ):
            with self._errors():
                finish()
        self._end()

    def stop(self, kind: str, message: str) -> None:
        """End before the last answer: what was read is kept, what is still awaited is passed over.

        The next visit goes on.
        """
        if self.ended:
            return
        with self._errors():
            self._record_ready(self._pending.finish())
        self.error(self.file.url, kind, message)
        self._end()

    def _end(self) -> None:
        self.ended = True
        if self._archive:
            with self._errors():
                self._archive.seal()
        self.run = self.report()
        with self._errors():
            self.store.add_run(self.run)
        if self._over:
            self._over(self)

    def _errors(self) -> AbstractContextManager[None]:
        """Whatever goes wrong in what concerns no page alone is an error of the source."""
        return page_errors(self.file.url, self.error)

    def report(self) -> Run:
        """The report of the visit as it stands."""
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
        """What the pages of this visit link to and the store lacks, once."""
        if self._asked_linked:
            return ()
        self._asked_linked = True
        links = self._linked.missing(self.frontier.page)
        return tuple(
            Wanted("linked", link.url, link=link) for link in links if self.asked.claim(link.url)
        )

    def _doubted_listings(self) -> tuple[Wanted, ...]:
        """Listings that can't be unchanged, as what they name is gone, once."""
        if self._asked_again:
            return ()
        urls = self.vanishing.to_ask_anew()
        self._asked_again = bool(urls)
        return tuple(Wanted("again", url) for url in urls)

    def _retract(self) -> None:
        """Decide what becomes of the releases that are gone."""
        outcome = self.vanishing.finish(utc_now())
        self.run = replace(self.run, gone=outcome.gone, retracted=outcome.retracted)
        if outcome.held:
            self.error(self.file.url, VANISHED, outcome.held)

    def page_read(self, not_archived: str = "") -> None:
        """Count an answer, and note why it is not archived though it should be, or empty."""
        self.run = replace(self.run, pages=self.run.pages + 1)
        self.answered(not_archived)

    def answered(self, not_archived: str) -> None:
        """Tell once why answers are not archived, though they should be; empty for one that is."""
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
    ) -> Draft:
        """The release on a page; ``item`` is what a listing says of it. Raises NotARelease."""
        draft = self._draft(page, aliases, item, validator)
        return replace(draft, capture=capture)

    def _draft(
        self,
        page: Page,
        aliases: tuple[str, ...],
        item: ListingItem | None,
        validator: Validator | None,
    ) -> Draft:
        if media_type := document_type(page):
            return draft_document(
                self.id,
                self.file,
                page,
                self.reading,
                media_type=media_type,
                aliases=aliases,
                item=item,
                validator=validator,
            )
        return draft_release(
            self.id,
            self.file,
            page,
            self._read(page, item),
            aliases=aliases,
            item=item,
            validator=validator,
        )

    def _read(self, page: Page, item: ListingItem | None) -> ExtractedRelease:
        """What a page says by the rules of its source for the day of its release."""
        reading = self.reading
        rules = self.file.rules_on(item.published.day if item and item.published else None)
        read = self._read_by(rules, page, reading, item)
        published = read.content.published
        older = self.file.rules_on(published.day if published else None)
        return read if older == rules else self._read_by(older, page, reading, item)

    def _read_by(
        self, rules: ReleaseRules, page: Page, reading: DateContext, item: ListingItem | None
    ) -> ExtractedRelease:
        """What a page says by these rules, as the layouts of the source are known, or detected."""
        known = self._stored(page.url)
        if known is None:
            self._pending.listed(page.url, item)
        edited = known is not None and known.digest != page.digest
        if edited:
            self._pending.shown(page.url, shown_on(page))
        try:
            return self._templates.read(page, reading, rules, item, known, edited=edited)
        except Exception as error:
            # What was learned of other pages may be at fault, and would be at the next visit too.
            log.exception("what was learned of its layout could not be used for %s", page.url)
            self.error(page.url, "bug", f"{BUG} ({type(error).__name__})")
            return read_release(page, reading, rules, item)

    def record(self, draft: Draft) -> None:
        """Take in a release as the visit found it: now, or as soon as that is sure."""
        if self.ended:
            return
        if not self._asked_linked:
            with page_errors(draft.url, self.error):
                self._linked.note(draft)
        with page_errors(draft.url, self.error):
            self._record_ready(self._pending.add(draft))

    def _record_ready(self, drafts: Iterable[ReadyDraft]) -> None:
        """Record drafts in order; what goes wrong with one is an error of its page."""
        for ready in drafts:
            with page_errors(ready.draft.url, self.error):
                if ready.renewed:
                    self._record(ready.draft)
                else:
                    self._take(ready.draft)

    def _take(self, draft: Draft) -> None:
        """Record a release, and count it."""
        verdict = self._record(draft)
        self._count(verdict.kind)
        if verdict.doubt:
            self.error(draft.url, "layout", verdict.doubt)
        dated = verdict.release.published.precision != "none"
        self._dates |= dated
        if verdict.kind != "new":
            return
        if doubt := date_doubt(verdict.release):
            self.error(draft.url, "date", doubt)
        elif not dated:
            self._undated.append(draft.url)
        if self._lacks_text(verdict.release):
            self.error(draft.url, "layout", NO_TEXT)
        if not self._order_told and (doubt := order_doubt(verdict.release, self.reading)):
            self._order_told = True
            self.error(draft.url, "date", doubt)
        if not self._zone_told and (doubt := zone_doubt(verdict.release)):
            self._zone_told = True
            self.error(draft.url, "date", doubt)

    def _lacks_text(self, release: Release) -> bool:
        """Whether a new release shows no text, where most of the source's last ones do."""
        if release.content.body_text or release.content.attachments:
            return False
        last = self.store.releases(Facet(source=self.id), limit=LAST)
        others = [one for one in last if one.id != release.id]
        return sum(bool(one.content.body_text) for one in others) * 2 > len(others)

    def _tell_undated(self) -> None:
        """Tell of releases without a date, where the source is one that dates its releases."""
        undated, self._undated = self._undated, []
        if not undated:
            return
        known = self.store.releases(Facet(source=self.id), limit=LAST)
        if self._dates or any(one.published.precision != "none" for one in known):
            for url in undated:
                self.error(url, "date", UNDATED)

    def _record(self, draft: Draft) -> Decision:
        if self.first_history:
            position = self.frontier.position((draft.url, *draft.aliases))
            draft = replace(draft, position=position)
        draft, labels = filed(draft, self.file.topics, self._taxonomy)
        self._files.note(draft)
        seen = time_of(draft.capture)
        return self.store.record(
            draft, seen=seen, since=self.started, front=self.front, labels=labels
        )

    def confirm(self, url: str, capture: Capture | None = None) -> None:
        """The server says that a known release has not changed."""
        release = self.known(url)
        if release is None:
            self.error(url, "http:304", "the server answered 304 to a question without a condition")
            return
        seen = time_of(capture)
        self._count(self.store.mark_unchanged(release, seen=seen, capture=capture))

    def missed(self, url: str, status: int, capture: Capture | None = None) -> None:
        """The server says that a page is gone: what comes of it is decided at the visit's end."""
        release = self._stored(url)
        if release is None or canonical_url(release.url) != canonical_url(url):
            self.error(
                url, f"http:{status}", f"the listing names this page, but it answers {status}"
            )
            return
        seen = time_of(capture)
        was = self.store.mark_gone(release.id, seen=seen, capture=capture)
        if was == "retracted":
            self.vanishing.retracted_before()
            return
        self.vanishing.gone(release.id, seen, first=was == "gone")

    def file_read(self, url: str, status: int, capture: Capture | None) -> None:
        """A server gave a file of a release, or said by a status that it does not."""
        if status != HTTPStatus.OK:
            self.file_failed(url, str(status), f"the server answered {status}")
        elif capture:
            self._files.archived(url, capture)

    def file_failed(self, url: str, kind: str, message: str) -> None:
        """Note why a file of a release could not be had; the source works without it."""
        self.error(url, f"{FILE}:{kind}", message)

    def file_cut(self, url: str, capture: Capture | None, message: str) -> None:
        """Note that a file of a release is too large: what was archived of it has to do."""
        if capture:
            self._files.archived(url, capture)
        self.file_failed(url, "size", message)

    def known(self, url: str) -> str | None:
        """The id of the stored release at an address."""
        key = canonical_url(url)
        return self.store.ids_at(self.id, [key]).get(key)

    def _stored(self, url: str) -> Release | None:
        release_id = self.known(url)
        return self.store.release(release_id) if release_id else None

    def as_listed(self, url: str) -> ListingItem | None:
        """What was read of a stored release before, as if a listing said it.

        A page that is visited without its listing must not be read in another way for that.
        """
        release = self._stored(url)
        if release is None:
            return None
        published = replace(release.published, rule=f"{LISTED}:known")
        dated = release.published.precision != "none"
        return ListingItem(url, release.content.title, published if dated else None)

    def error(self, url: str, kind: str, message: str) -> None:
        """Note what went wrong; the visit goes on."""
        found = RunError(redacted(allowed(url)), kind, redacted(allowed(message)))
        if found not in self.run.errors:
            self.run = replace(self.run, errors=(*self.run.errors, found))

    def _count(self, kind: str) -> None:
        self.run = replace(self.run, **{kind: getattr(self.run, kind) + 1})


def time_of(capture: Capture | None) -> dt.datetime:
    """When a server said something: that of the record of its answer, or now without one."""
    return capture.at if capture else utc_now()
