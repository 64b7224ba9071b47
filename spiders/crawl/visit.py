"""One visit to a source: what it meets goes to the store, and is counted."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from urllib.parse import urljoin

import msgspec

from data.clock import utc_now
from data.dates.context import DateContext
from data.health.state import VANISHED
from data.identity.decision import LISTED, Decision
from data.models import Draft, Facet, Link, Release, Run, RunError
from data.settings import Collect
from data.store.protocol import Store
from data.text.clean import allowed
from data.text.redaction import redacted
from data.text.urls import canonical_url
from data.topics.assign import filed
from data.topics.taxonomy import Taxonomy
from spiders.crawl.doubts import UNDATED, date_doubt, order_doubt, zone_doubt
from spiders.crawl.frontier import Frontier, Hand
from spiders.crawl.gone_releases import GoneReleases
from spiders.crawl.layout_change import shown_on
from spiders.crawl.linked_releases import LinkedReleases
from spiders.crawl.page_errors import BUG, page_errors
from spiders.crawl.pending_drafts import Desk, PendingDrafts
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


LAST = 20
"""Releases of a source, the newest, by which a new one is judged that lacks a text or a date."""

NO_TEXT = (
    "no text was found on the page, as other releases of this source have it"
    " (check the source with `communique sources check`)"
)

log = logging.getLogger(__name__)

PAGE_POSITIONS = 10_000
"""Places on a listing page, so that releases of later pages follow those of earlier ones."""

UNLISTED = 1_000_000_000
"""The place of what no listing page names: after all that they name."""


class Visit:
    """The state of one visit: counts, errors, what is still awaited.

    ``explicit`` visits were asked for by a person and look at everything at once; ``backfill`` ones
    walk through all listing pages and ask without conditions. ``on_progress`` is called after each
    answer, ``over`` once at the end. Who sets ``ask_next`` is called whenever all that was asked
    for has been read; who sets ``ask_named``, for each release that others name and the store
    lacks; and who sets ``ask_anew``, for each listing that is to be asked once more, without
    conditions.
    """

    def __init__(
        self,
        loaded: LoadedSource,
        store: Store,
        taxonomy: Taxonomy,
        limits: Collect,
        *,
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
        self.stopped = False
        self.awaited = 0
        self.fronts = 0
        self.asked = RequestedUrls()
        self._order: DateOrder | None = None
        self._order_told = False
        self._zone_told = False
        self.place = ""
        self._listed: dict[str, int] = {}
        self._undated: list[str] = []
        self._dates = False
        self._learner = SourceTemplates(self.id, self.file.releases, store)
        self._named = LinkedReleases(self.id, store, self.front)
        self.ask_named: Callable[[Link], None] | None = None
        self.ask_anew: Callable[[str], None] | None = None
        self.vanishing = GoneReleases(
            self.id,
            store,
            self.asked,
            fronts=(*filter(None, [self.file.feed]), self.file.url),
            reader=self.reader,
            started=self.started,
            after=dt.timedelta(seconds=limits.retract_after),
        )
        self.ask_next: Callable[[], None] | None = None
        self.frontier = Frontier(
            self.id,
            self.file,
            store,
            limits,
            Hand(self.listed, self._stale),
            front=self.front,
            asked=self.asked,
            explicit=explicit,
            backfill=backfill,
        )
        self._intake = PendingDrafts(
            self.file,
            self._learner,
            Desk(self._take, self._record, self._stored, self.store.skeleton, self.error),
        )
        store.register(loaded.source)

    @property
    def reading(self) -> DateContext:
        """How the dates of this source are to be read."""
        languages = (self.file.language,) if self.file.language else ()
        order = self.file.date_order or self._order
        return DateContext(self.file.timezone, order, languages, self.started)

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
        return tuple(dict.fromkeys((*self._learner.wanted, *due)))

    def whole(self, url: str) -> bool:
        """Whether a page is to be sent even if it has not changed."""
        return self.backfill or url in self._learner.wanted

    def expect(self) -> None:
        """One more answer is awaited."""
        self.awaited += 1

    def settle(self) -> None:
        """An awaited answer was dealt with; after the last one the report is kept."""
        self.awaited -= 1
        if self.stopped:
            return
        if self._on_progress:
            with self._errors():
                self._on_progress(self)
        if self.awaited == 0 and self.ask_next:
            with self._errors():
                self.ask_next()
        if self.awaited == 0:
            with self._errors():
                self._intake.finish()
            if self.ask_named:
                with self._errors():
                    self._ask_missing(self.ask_named)
            if self.ask_anew:
                with self._errors():
                    self._ask_anew(self.ask_anew)
        if self.awaited == 0:
            for finish in (
                self.frontier.finish,
                self._retract,
                self._named.finish,
                self._learner.finish,
                self._tell_undated,
            ):
                with self._errors():
                    finish()
            self._finish()

    def stop(self, kind: str, message: str) -> None:
        """End before the last answer: what was read is kept, what is still awaited is passed over.

        The next visit goes on.
        """
        if self.stopped:
            return
        with self._errors():
            self._intake.finish()
        self.error(self.file.url, kind, message)
        self.stopped = True
        self._finish()

    def _finish(self) -> None:
        self.run = self.report()
        with self._errors():
            self.store.finish(self.run)
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
            history=self.frontier.history,
            bound=self.frontier.bound,
        )

    def _ask_missing(self, ask: Callable[[Link], None]) -> None:
        """Ask, once, for what the pages of this visit name and the store lacks."""
        self.ask_named = None
        for link in self._named.missing(self.frontier.page):
            if self.asked.claim(link.url):
                with page_errors(link.url, self.error):
                    ask(link)

    def _ask_anew(self, ask: Callable[[str], None]) -> None:
        """Ask, once, for listings that can't be unchanged, as what they name is gone."""
        urls = self.vanishing.to_ask_anew()
        if urls:
            self.ask_anew = None
        for url in urls:
            with page_errors(url, self.error):
                ask(url)

    def _retract(self) -> None:
        """Decide what becomes of the releases that are gone."""
        outcome = self.vanishing.finish(utc_now())
        self.run = replace(self.run, gone=outcome.gone, retracted=outcome.retracted)
        if outcome.held:
            self.error(self.file.url, VANISHED, outcome.held)

    def page_read(self) -> None:
        """Count an answer."""
        self.run = replace(self.run, pages=self.run.pages + 1)

    def _stale(self, doubt: str) -> None:
        self.error(self.file.feed or "", "stale", doubt)

    def listed(self, urls: Iterable[str], page: int = 1) -> None:
        """Count the releases that a listing page names, in the order in which it names them."""
        for place, key in enumerate(map(canonical_url, urls)):
            self._listed.setdefault(key, page * PAGE_POSITIONS + place)
        self.run = replace(self.run, found=len(self._listed))

    def _position(self, draft: Draft) -> int:
        """Where the listing names a release, counted from the top of its first page."""
        keys = map(canonical_url, (draft.url, *draft.aliases))
        return next((self._listed[key] for key in keys if key in self._listed), UNLISTED)

    def read(
        self, page: Page, reading: DateContext, rules: ReleaseRules, item: ListingItem | None
    ) -> ExtractedRelease:
        """What a release page says, as the layouts of the source are known, or by detection."""
        known = self._stored(page.url)
        if known is None:
            self._intake.listed(page.url, item)
        digest = hashlib.sha256(page.body).hexdigest()
        edited = known is not None and known.digest != digest
        if edited:
            self._intake.shown(page.url, shown_on(page))
        try:
            return self._learner.read(page, reading, rules, item, known, edited=edited)
        except Exception as error:
            # What was learned of other pages may be at fault, and would be at the next visit too.
            log.exception("what was learned of its layout could not be used for %s", page.url)
            self.error(page.url, "bug", f"{BUG} ({type(error).__name__})")
            return read_release(page, reading, rules, item)

    def record(self, draft: Draft) -> None:
        """Take in a release as the visit found it: now, or as soon as that is sure."""
        if self.stopped:
            return
        if self.ask_named:
            with page_errors(draft.url, self.error):
                self._named.note(draft)
        with page_errors(draft.url, self.error):
            self._intake.record(draft)

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
            draft = replace(draft, position=self._position(draft))
        draft, labels = filed(draft, self.file.topics, self._taxonomy)
        return self.store.record(
            draft, seen=utc_now(), since=self.started, front=self.front, labels=labels
        )

    def confirm(self, url: str) -> None:
        """The server says that a known release has not changed."""
        release = self.known(url)
        if release is None:
            self.error(url, "http:304", "the server answered 304 to a question without a condition")
            return
        self._count(self.store.confirm(release, seen=utc_now()))

    def missed(self, url: str, status: int) -> None:
        """The server says that a page is gone: what comes of it is decided at the visit's end."""
        release = self._stored(url)
        if release is None or canonical_url(release.url) != canonical_url(url):
            self.error(
                url, f"http:{status}", f"the listing names this page, but it answers {status}"
            )
            return
        was = self.store.missed(release.id, seen=utc_now())
        if was == "retracted":
            self.vanishing.retracted_before()
            return
        self.vanishing.gone(release.id, first=was == "gone")

    def known(self, url: str) -> str | None:
        """The id of the stored release at an address."""
        key = canonical_url(url)
        return self.store.known(self.id, [key]).get(key)

    def _stored(self, url: str) -> Release | None:
        release_id = self.known(url)
        return self.store.release(release_id) if release_id else None

    def hint(self, url: str) -> ListingItem | None:
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
