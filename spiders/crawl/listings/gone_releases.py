"""Decide which of a visit's missing releases are retracted, with the help of the listings."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from data.health.run_errors import VANISHED
from data.identity.retraction import (
    MAX_HOLD,
    ListedReleases,
    Vanished,
    fates,
    listing_name,
    may_have_moved,
)
from data.models import Capture
from data.text.urls import canonical_url
from data.wording import counted
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Listing

MASS_RETRACTION_MESSAGE: Final = (
    "{count} of {requested} requested releases are gone at once (404, 410 or an error page), so"
    " they were not retracted. If they are gone for good, run `communique releases retract"
    " --source {source} --held --why TEXT`. Otherwise they are retracted once a working listing"
    " has not shown them for {days} days"
)

STILL_LISTED: Final = (
    "{releases} gone (404, 410 or an error page) but not retracted, because a listing still"
    " contains {them}: {urls}"
)

MAX_URLS: Final = 3
"""Maximum number of URLs in the note about missing releases that are still listed."""

RUNS_COMPARED: Final = 1000
"""Maximum number of earlier run reports that are searched for a missing release."""

NOTHING_LISTED: Final = ListedReleases(frozenset(), frozenset())
"""The listed releases of a source that is a single page: none."""

MAX_VISIT_TIME: Final = dt.timedelta(days=1)
"""Maximum time from the start of a visit to its last response."""


class GoneReleases:
    """Collects the missing releases of one visit, and decides about them at its end.

    A missing release that is still listed is not retracted.
    """

    def __init__(self, scope: VisitScope) -> None:
        self._scope = scope
        self._source = scope.id
        self._store = scope.store
        self._retract_after = dt.timedelta(seconds=scope.limits.retract_after)
        self._read: dict[str, Listing] = {}
        self._unchanged: set[str] = set()
        self._gone: dict[str, dt.datetime] = {}
        self._first: set[str] = set()
        self._has_rechecked = False
        self._requested = 0
        """Number of stored releases that the visit requested, without retracted ones."""

    def add_listing(self, url: str, listing: Listing, *, unchanged: bool) -> None:
        """Add the listing at ``url``. ``unchanged`` is true if the response had status 304."""
        self._read[url] = listing
        if unchanged:
            self._unchanged.add(url)

    def add_request(self) -> None:
        """Count the request for a stored release."""
        self._requested += 1

    def add(self, release_id: str, at: dt.datetime, capture: Capture | None) -> None:
        """Record that a release's page is missing. ``capture`` is the archived response."""
        was = self._store.mark_gone(release_id, seen=at, capture=capture)
        if was == "retracted":
            self._requested -= 1
            return
        self._gone[release_id] = at
        if was == "gone":
            self._first.add(release_id)

    def listings_to_recheck(self) -> tuple[str, ...]:
        """Return the URLs of unchanged listings with missing releases, to request them again.

        The new requests are unconditional, because some servers report a listing as unchanged
        although its items changed. Only one call per visit returns any listings.
        """
        if self._has_rechecked:
            return ()
        missing = {key for one in self._found() for key in one.keys}
        urls = [url for url in self._unchanged if not missing.isdisjoint(keys_of(self._read[url]))]
        for url in urls:
            # Forget the old items, because the next response contains the current items.
            del self._read[url]
        self._unchanged.clear()
        self._has_rechecked = bool(urls)
        return tuple(urls)

    def day_to_search(self, now: dt.datetime) -> str | None:
        """Return the oldest day (ISO 8601) of the missing releases to search for, or None.

        Later listing pages are searched for releases that are not on the first pages and are either
        newly missing or about to be retracted. The day is "" if one of them has no date.
        """
        found = self._found()
        listed = self._listed({one.id for one in found})
        if listed is None:
            return None
        days = [
            one.day
            for one in found
            if not (one.held or listed.has(one))
            if one.id in self._first or now - one.since >= self._retract_after
        ]
        return min(days, default=None)

    def _is_from_archive(self, release_id: str) -> bool:
        """Return whether a release is known only from web archives, because no visit ever found it.

        Its page may have been removed years ago, so the removal causes no alert.
        """
        release = self._store.release(release_id)
        first_visit = self._store.first_visit(self._source)
        return bool(release and first_visit and release.last_seen < first_visit)

    def finish(self, now: dt.datetime) -> None:
        """Retract releases that are certainly gone, or report that they are missing.

        If many releases vanished at once, they are held for review.
        """
        found = self._found()
        if not found:
            return
        shown = self._shown()
        listed = self._listed({one.id for one in found})
        decided = fates(
            found,
            listed,
            gone=len(self._gone),
            asked=self._requested,
            started=self._scope.started,
            now=now,
            after=self._retract_after,
        )
        held = {one.id: since for one, (fate, since) in decided.items() if fate == "held"}
        if held:
            self._store.hold(held)
        retracted = sum(
            self._store.retract(
                one.id, at=self._gone[one.id], backlog=self._is_from_archive(one.id)
            )
            for one, (fate, _) in decided.items()
            if fate == "retracted"
        )
        waiting = [
            one
            for one, (fate, _) in decided.items()
            if fate == "waits"
            # If a release is listed at its own URL, it has not moved.
            if (shown and not shown.keys.isdisjoint(one.keys)) or not may_have_moved(one, listed)
        ]
        gone = self._unreported(waiting)
        self._store.alert_gone(one for one in gone if not self._is_from_archive(one.id))
        report = self._scope.report
        report.run = replace(
            report.run,
            gone=tuple(one.url for one in gone),
            unconfirmed=len(waiting),
            retracted=retracted,
        )
        if named := [one for one in waiting if shown and shown.has(one)]:
            report.note(still_listed(named))
        if held:
            message = MASS_RETRACTION_MESSAGE.format(
                count=len(held), requested=self._requested, source=self._source, days=MAX_HOLD.days
            )
            report.error(self._scope.file.url, VANISHED, message)

    def _unreported(self, waiting: Sequence[Vanished]) -> list[Vanished]:
        """Return the missing releases that no earlier visit has reported.

        An earlier visit may have found a release missing without reporting it, because the visit
        ended early or the release might have moved.
        """
        reported: dict[str, dt.datetime] = {}
        if any(one.id not in self._first for one in waiting):
            for run in self._store.runs(self._source, limit=RUNS_COMPARED):
                reported |= {url: run.started for url in run.gone if url not in reported}
        return [
            one
            for one in waiting
            if one.id in self._first
            or one.url not in reported
            or reported[one.url] + MAX_VISIT_TIME <= one.since
        ]

    def _found(self) -> tuple[Vanished, ...]:
        """Return the missing releases, except those that the visit found at another URL."""
        if not self._gone:
            return ()
        return tuple(one for one in self._store.vanished(self._source) if one.id in self._gone)

    def _listed(self, gone: set[str]) -> ListedReleases | None:
        """Return the items of all listings, or None if the listings are inconclusive.

        They are inconclusive if a listing is unreadable, or if no listing contains a release that
        still exists. A release is gone only if no listing contains it.
        """
        shown = self._shown()
        if self._scope.file.is_page:
            return NOTHING_LISTED
        known = self._store.ids_at(self._source, sorted(shown.keys)) if shown else {}
        return None if gone.issuperset(known.values()) else shown

    def _shown(self) -> ListedReleases | None:
        """Return the items of all listings, or None if a listing is unreadable.

        The main listing must be readable, and the page if the visit read it. If the source has a
        feed, its page may work only in browsers.
        """
        file = self._scope.file
        needed = [file.feed or file.url]
        if file.feed and self._store.cached_listing(file.url, self._scope.listing_rules):
            needed.append(file.url)
        asked = {canonical_url(url) for url in filter(self._scope.requested.has, needed)}
        if not asked or not asked.issubset(map(canonical_url, self._read)):
            return None
        keys = frozenset[str]().union(*map(keys_of, self._read.values()))
        items = chain.from_iterable(listing.items for listing in self._read.values())
        names = (listing_name(item.title, item.day) for item in items)
        return ListedReleases(keys, frozenset(filter(None, names)))


def still_listed(named: Sequence[Vanished]) -> str:
    """Return a sentence about missing releases that are still listed."""
    urls = ", ".join(one.url for one in named[:MAX_URLS])
    more = f" and {len(named) - MAX_URLS} more" if len(named) > MAX_URLS else ""
    one = len(named) == 1
    releases = f"{counted(len(named), 'release')} {'is' if one else 'are'}"
    return STILL_LISTED.format(releases=releases, them="it" if one else "them", urls=urls + more)


def keys_of(listing: Listing) -> frozenset[str]:
    """Return the canonical URLs of a listing's items."""
    return frozenset(map(canonical_url, (*(item.url for item in listing.items), *listing.passed)))
