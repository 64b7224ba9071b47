"""The walk along the pages of one listing: from the newest release back to the first.

Each visit reads the first page, so that what is new is seen first; then it goes on where the last
visit stopped. The walk is over on the page that names no next one. It ends as well where a site
leads in a circle, under ever new addresses perhaps: after IDLE pages in a row that list nothing
which the walk had not listed before. What is merely known to the store ends no walk, and neither
does an error: the next visit tries again.

A page that is requested by POST has no address of its own: a later visit follows the same requests
again from the last page that has one, and does not count them again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from data.models import History, ListingKind, Walk
from data.settings import Collect
from data.store.protocol import Store
from spiders.items import Listing

IDLE: Final = 3
"""Pages in a row that list nothing new, after which a walk is over."""

FAILED: Final = 10
"""Visits in a row that can't read the next page, after which no other tries."""

BEYOND: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
"""What a server answers beyond the last page; WordPress's API answers 400."""


class ListingWalk:
    """One listing of a source, as a visit comes along it.

    ``next`` is the page that it asks for now, ``again`` says that an earlier visit read it, and
    ``pages`` counts those that this visit read. ``from_front`` is whether the pages of this visit
    follow the front page without a gap. ``was_over`` is whether the first walk had read all pages
    of the listing before this visit, and ``is_known`` whether it had read any.
    """

    def __init__(
        self,
        source: str,
        kind: ListingKind,
        start: str,
        *,
        rules: str,
        store: Store,
        limits: Collect,
        now: dt.datetime,
    ) -> None:
        self.kind = kind
        self.start = start
        self.next: str | None = None
        self.again = False
        self.pages = 0
        self.from_front = True
        self._repeats = 0
        """Maximum number of pages by POST that this visit requests again."""
        self._now = now
        self._source = source
        self._rules = rules
        self._store = store
        self._limits = limits
        self._walk = store.walk(source, start)
        self._ended: Walk | None = None
        self._searching = False
        self.is_known = self._walk is not None
        self.was_over = (
            self._walk is not None
            and self._walk.history != "bounded"
            and (self._walk.history == "complete" or not self._walk.first)
        )

    @property
    def walk(self) -> Walk | None:
        """How far the walk has come; None before the first page was ever read."""
        return self._walk

    @property
    def history(self) -> History | None:
        """The same in a word."""
        return self._walk.history if self._walk else None

    def open(self, front: Listing, names: Mapping[str, str], *, anew: bool) -> None:
        """Take in the first page, with the names of what it lists by canonical address.

        A walk that is over follows what is new since, while each page lists some of it. Should that
        be cut short, the next visit walks anew: some page in between may not have been read. A
        walk under way begins again if no release of the front page was listed before: more were
        published since the last visit than the front page holds.
        """
        self.pages = 1
        walk = self._walk
        if walk is None or walk.rules != self._rules or anew:
            walk = self._walk = self._begin()
        listed = self._store.list_items(self._source, self.kind, walk.number, names)
        missed = self.is_known and all(names.values()) and listed.news == names.keys()
        if walk.position and walk.history == "walking" and names and missed:
            walk = self._walk = self._begin()
            self._store.list_items(self._source, self.kind, walk.number, names)
        if not walk.position:
            self._move(self.start, front, fresh=True)
        elif walk.history == "walking":
            self.again = walk.position != self.start
            self.from_front = not self.again
            self._repeats = walk.pages - 1
            self.next = walk.position if self.again else front.next
        elif front.next and self._news(listed.news):
            self._ended = walk
            self._walk = self._begin()
            self.next = front.next

    def search(self, following: str) -> None:
        """Read the pages after the front page again, from ``following`` on, if the walk is over.

        ``end_search`` ends it; the walk then is as far as it was.
        """
        if self._walk is None or self._walk.history == "walking" or self.next or self._ended:
            return
        self._searching = True
        self._ended = self._walk
        self._walk = self._begin()
        self.next = following

    def end_search(self) -> None:
        """End a search that is under way; a walk goes on."""
        if self._searching:
            self.end()

    def read(
        self, url: str, page: Listing, names: Mapping[str, str], *, posted: bool = False
    ) -> None:
        """Take in the page that was asked for; ``posted`` if by POST."""
        if self._walk is None:
            return
        listed = self._store.list_items(self._source, self.kind, self._walk.number, names)
        repeated = posted and self._repeats > 0 and not listed.fresh and page.next is not None
        self._repeats = self._repeats - 1 if repeated else 0
        self.pages += not (self.again or repeated)
        if self._ended:
            self.next = page.next if self._searching or self._news(listed.news) else None
            if self.next is None:
                self.end()
        elif self.again:
            self.again = False
            self.next = page.next
            if self.next is None:
                self.end()
        elif repeated:
            self.next = page.next
        else:
            place = self._walk.position if posted else url
            self._move(place, page, fresh=bool(listed.fresh))

    def note(self, names: Mapping[str, str]) -> None:
        """Remember what a page lists that is no step of the walk."""
        if self._walk:
            self._store.list_items(self._source, self.kind, self._walk.number, names)

    def missing(self, status: int | None, said: str) -> bool:
        """Take in that the page asked for can't be read; whether that is an error to tell of.

        ``status`` is the answer's, None where there was none, and ``said`` a sentence.
        """
        self.next = None
        walk = self._walk
        if walk is None or self._ended:
            return True
        if status in BEYOND and not self.again:
            self.end()
            return False
        failed = walk.failed + 1
        if status in BEYOND:
            # Where we stood is no more: from the beginning, then, but not for ever.
            self._keep(replace(self._begin(), pages=walk.pages, failed=failed))
            return False
        bound = f"after {failed} visits that could not read the next page: {said}"
        over = failed >= FAILED
        self._keep(
            replace(
                walk,
                failed=failed,
                history="bounded" if over else "walking",
                bound=bound if over else "",
            )
        )
        return True

    def end(self) -> None:
        """Note that the last page was reached, or what is new since."""
        self.next = None
        if self._walk is None:
            return
        if self._ended:
            self._keep(replace(self._ended, number=self._walk.number))
            self._ended = None
            self._searching = False
        else:
            self._keep(replace(self._walk, history="complete", bound=""))

    def rest(self) -> None:
        """Stay where the store says that the walk is: the next visit tries again."""
        self.next = None
        self._ended = None
        self._searching = False
        self._walk = self._store.walk(self._source, self.start)

    def settle(self) -> None:
        """Note that all that the walk listed was read, once it is over."""
        if self._walk and self._walk.first and self._walk.history != "walking":
            self._keep(replace(self._walk, first=False))

    def _begin(self) -> Walk:
        return self._store.begin_walk(self._source, self.start, self._rules, at=self._now)

    def _move(self, url: str, page: Listing, *, fresh: bool) -> None:
        if self._walk is None:
            return
        walk = replace(
            self._walk,
            position=url,
            pages=self._walk.pages + 1,
            idle=0 if fresh else self._walk.idle + 1,
            failed=0,
        )
        self.next = page.next
        if page.next is None or walk.idle >= IDLE:
            self.next = None
            walk = replace(walk, history="complete")
        elif walk.pages >= self._limits.backfill_pages:
            self.next = None
            bound = f"after {walk.pages} listing pages ([collect] backfill_pages)"
            walk = replace(walk, history="bounded", bound=bound)
        self._keep(walk)

    def _keep(self, walk: Walk) -> None:
        self._walk = walk
        self._store.keep_walk(self._source, walk)

    def _news(self, keys: frozenset[str]) -> bool:
        return len(self._store.ids_at(self._source, [*keys])) < len(keys)
