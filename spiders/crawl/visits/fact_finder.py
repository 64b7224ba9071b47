"""Collect facts about one visit, such as lost rows of its listing, for the visit's report."""

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from data.clock import utc_now
from data.models import Facet, Recall, Release, Run, Streak, VisitFacts
from data.text.urls import canonical_url
from spiders.crawl.drafts.release_facts import (
    MAX_COMPARED_RELEASES,
    PastReleases,
    ReleaseFacts,
    past_releases,
)
from spiders.crawl.listings.listing_facts import (
    STOPPED_LAG,
    Front,
    disappeared_items,
    front_of,
    listing_facts,
)
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Listing, ListingItem
from spiders.sources.source_file import SourceFile
from spiders.sources.unmatched_selectors import Unmatched

MAX_SEARCHED_RUNS: Final = 10
"""Maximum number of earlier run reports searched for facts. Reports of failed visits have none."""

MIN_NEWER_RELEASES: Final = 3
"""Minimum number of stored releases newer than all rows of a listing for a report that the listing
is behind, if it never contained these releases."""

NEWEST_RELEASES: Final = 5
"""Number of newest stored releases compared with the listing."""


MIN_NEWER_IN_FEED: Final = 2
"""A page counts as stopped if its feed contains at least this many newer releases."""
MISSED_PERIOD: Final = dt.timedelta(days=30)
"""Period over which missed releases are counted."""


class FactFinder:
    """Collects the facts about one visit to a source."""

    def __init__(self, scope: VisitScope, unmatched: Unmatched) -> None:
        self._source = scope.id
        self._file = scope.file
        self._store = scope.store
        self._at = scope.started
        self._front: Front | None = None
        self._beside: Front | None = None
        self.has_feed_failed = False
        """Whether the source's feed could not be read."""
        self.certificate_end: dt.datetime | None = None
        """Time at which the certificate of the source's site expires, or None."""
        self.releases = ReleaseFacts(self._past)
        self.unmatched = unmatched

    @property
    def url(self) -> str:
        """URL of the main listing: the source's feed if it has one, otherwise its page."""
        return self._file.feed or self._file.url

    def add_listing(self, url: str, answered: str, listing: Listing, kept: Listing | None) -> None:
        """Add the first page of a listing.

        ``answered`` is the URL of the response. ``kept`` is the page as of the last visit, or None.
        """
        if url == self.url:
            self._front = front_of(url, answered, listing, kept)
        elif url == self._file.url:
            self._beside = front_of(url, answered, listing, kept)

    def disappeared_items(self) -> Sequence[ListingItem]:
        """Return the rows of stored releases that disappeared between other rows."""
        fronts = filter(None, (self._front, self._beside))
        left = [item for front in fronts for item in disappeared_items(front)]
        stored = self._store.ids_at(self._source, [canonical_url(item.url) for item in left])
        return [item for item in left if canonical_url(item.url) in stored]

    def finish(
        self, run: Run, *, has_links: bool, below: Collection[str] = frozenset()
    ) -> VisitFacts:
        """Return the facts about the visit.

        ``has_links`` is whether the visit's pages linked to other releases. ``below`` contains the
        keys of rows on later pages of the listing. Raises StoreError if the store fails.
        """
        facts = self._before()
        if has_links:
            facts = recall_facts(facts, self._store.recall(self._source), self._at)
        # Canonical URLs of releases whose pages are missing.
        gone = frozenset[str]().union(*(one.keys for one in self._store.vanished(self._source)))
        if self._front:
            facts = listing_facts(facts, self._front, gone, self._at, below=below)
            if not self._file.feed:
                facts = self._listing_behind(facts, self._front, gone)
        if self._beside and self._beside.newest:
            facts = self._page_behind(facts, self._beside, gone)
        titles = own_titles(self._front) if self._front else frozenset[str]()
        facts = self.releases.finish(facts, run, self._at, listed=titles)
        if self.certificate_end:
            ended = self.certificate_end <= self._at
            day = self.certificate_end.date().isoformat()
            facts = replace(
                facts,
                certificate_held=facts.certificate_held or not ended,
                certificate_ended=day if ended and facts.certificate_held else "",
            )
        if self._file.feed:
            failed = self.has_feed_failed and bool(run.found)
            facts = replace(facts, no_feed=facts.no_feed.go_on(failed, self._at))
        if self.unmatched.looked_at:
            facts = replace(facts, unmatched=self.unmatched.found(facts.unmatched))
        return facts

    def _before(self) -> VisitFacts:
        """Return the latest facts about a visit with the same rules, or empty facts."""
        rules = rules_of(self._file)
        last = (run.facts for run in self._store.runs(self._source, limit=MAX_SEARCHED_RUNS))
        found = next(filter(None, last), VisitFacts())
        return found if found.rules == rules else VisitFacts(rules=rules)

    def _past(self) -> PastReleases:
        last = self._store.releases(Facet(source=self._source), limit=MAX_COMPARED_RELEASES)
        return past_releases([*last])

    def _behind(self, facts: VisitFacts, front: Front, gone: frozenset[str]) -> VisitFacts:
        """Add to the facts how many stored releases are newer than all rows of a listing."""
        if not front.newest:
            return facts
        shown = {canonical_url(item.url) for item in front.rows}
        last = self._store.releases(Facet(source=self._source), limit=NEWEST_RELEASES)
        newer = [
            one for one in last if day_of(one) > front.newest and not is_shown(one, shown | gone)
        ]
        return replace(
            facts,
            behind=facts.behind.go_on(len(newer), self._at),
            newest_known=max(map(day_of, newer), default=""),
        )

    def _listing_behind(self, facts: VisitFacts, front: Front, gone: frozenset[str]) -> VisitFacts:
        """Add to the facts how many newer releases are missing from the listing.

        A few releases that the listing never contained don't count. They were found through links,
        and may belong to another list.
        """
        found = self._behind(facts, front, gone)
        if not 0 < found.behind.count < MIN_NEWER_RELEASES:
            return found
        keys = {
            canonical_url(url): ""
            for one in self._store.releases(Facet(source=self._source), limit=NEWEST_RELEASES)
            if day_of(one) > front.newest
            for url in (one.url, *one.aliases)
        }
        shown, _ = self._store.listed_before(self._source, "page", keys)
        return found if shown - gone else replace(facts, behind=Streak())

    def _page_behind(self, facts: VisitFacts, page: Front, gone: frozenset[str]) -> VisitFacts:
        """Add to the facts how many newer releases of the feed are missing from the source's page.

        They count only if the page was up to date before. A feed may be a day ahead, and a page
        need not list everything in its feed.
        """
        found = self._behind(replace(facts, behind=Streak()), page, gone)
        if not found.behind.count:
            return replace(facts, behind=Streak(), page_kept_up=True)
        newest = dt.date.fromisoformat(found.newest_known)
        late = newest - dt.date.fromisoformat(page.newest) >= STOPPED_LAG
        if not (facts.page_kept_up and late) or found.behind.count < MIN_NEWER_IN_FEED:
            return replace(facts, behind=Streak())
        behind = facts.behind.go_on(found.behind.count, self._at)
        return replace(facts, behind=behind, newest_known=found.newest_known, newest=page.newest)


def recall_facts(before: VisitFacts, recall: Recall, at: dt.datetime) -> VisitFacts:
    """Return a visit's facts with the number of missed releases added.

    ``recall`` contains the current numbers. The first visit only stores them.
    """
    named = (recall.known, len(recall.missed))
    if before.named is None:
        return replace(before, named=named)
    known, missed = (now - then for now, then in zip(named, before.named, strict=True))
    since = before.missed.since
    over = since is None or at - since >= MISSED_PERIOD
    streak = Streak() if over else before.missed
    if missed > 0:
        streak = streak.go_on(missed, at, add=True)
    meanwhile = (0 if over else before.known_meanwhile) + max(known, 0) if streak.count else 0
    return replace(before, named=named, missed=streak, known_meanwhile=meanwhile)


def own_titles(front: Front) -> frozenset[str]:
    """Return the titles on a listing if most of them are distinct, otherwise an empty set."""
    titles = frozenset(item.title for item in front.rows)
    return titles if len(titles) * 2 > len(front.rows) else frozenset()


def rules_of(file: SourceFile) -> str:
    """Return a hash of a source file's URL and rules, which changes whenever they change."""
    rules = msgspec.json.encode((file.feed or file.url, file.listing, file.releases))
    return hashlib.blake2s(rules, digest_size=6).hexdigest()


def unmatched_at_last(run: Run | None, file: SourceFile) -> tuple[str, ...]:
    """Return the keys of the selectors that matched nothing in the last visit.

    Returns an empty tuple if the source file has changed since then.
    """
    facts = run.facts if run else None
    return facts.unmatched if facts and facts.rules == rules_of(file) else ()


def is_shown(release: Release, keys: Collection[str]) -> bool:
    """Whether a release is retracted, or has a canonical URL that is in ``keys``."""
    urls = (release.url, *release.aliases)
    return release.retracted is not None or any(canonical_url(url) in keys for url in urls)


def day_of(release: Release) -> str:
    """Return the ISO day of a release, or "" if its date is missing or in the future."""
    published = release.published
    if published.precision == "none" or published.at > utc_now():
        return ""
    return published.day.isoformat()
