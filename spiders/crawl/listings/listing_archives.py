"""The yearly and monthly archives that a listing links to, read after the listing itself.

A walk pages through a listing. Some links to archives lead to something else, or to the archives of
a larger list, such as all pages of the site.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from data.models import ArchiveLink, ListingKind, Walk
from data.text.urls import canonical_url
from spiders.crawl.visit_scope import VisitScope
from spiders.items import Listing, item_name
from spiders.listing.paging.period_links import MAX_ARCHIVES, is_older, lists_releases, newest_first

MIN_MISSED_RELEASES: Final = 2
"""Minimum number of releases in an archive that the list should contain but does not. From this
number on, the archive belongs to a larger list."""

MAX_OLD_ARCHIVES: Final = 2
"""Maximum number of consecutive archives without new releases before a visit stops searching for
new releases."""


class ListingArchives:
    """The archives of one listing.

    The walk (the stored progress) contains the archives still to be read.

    - ``requested``: the archive whose first page is being requested
    - ``newer``: archives that a visit must read to find all new releases
    - ``old_in_a_row``: number of consecutive archives without any new release
    - ``read``: URLs of the archives that this visit requested
    - ``families``: patterns of the URLs of the listing's releases
    """

    def __init__(self, scope: VisitScope, kind: ListingKind, start: str) -> None:
        self._source = scope.id
        self._store = scope.store
        self._kind = kind
        self._start = start
        self.requested: ArchiveLink | None = None
        self.newer: list[ArchiveLink] = []
        self.old_in_a_row = 0
        self.read: set[str] = set()
        self.families: set[tuple[str, str, tuple[str, ...]]] = set()
        self._last_day: dt.date | None = None
        """The day of the list's last row, not counting rows in archives."""
        self._is_wider = False
        """Whether the archives belong to a larger list, such as the whole site's."""

    def note_end_of_list(self, page: Listing) -> None:
        """Record the last day of the list. ``page`` is its last page."""
        days = [item.published.day for item in page.items if item.published]
        self._last_day = days[-1] if len(days) > 1 else None

    def accept(self, page: Listing) -> bool:
        """Whether the requested archive page belongs to this listing.

        An archive may contain something else, such as reports, or belong to another list of the
        site.
        """
        archive = self.requested
        if archive is None:
            return True
        self._is_wider = self._is_wider or self._is_of_larger_list(page)
        return not self._is_wider and lists_releases(archive, page, self.families)

    def _is_of_larger_list(self, page: Listing) -> bool:
        """Whether the list lacks releases of an archive page that are newer than its end."""
        day = self._last_day
        newer = [item for item in page.items if day and item.published and item.published.day > day]
        names = {canonical_url(item.url): item_name(item) for item in newer}
        keys, named = self._store.listed_before(self._source, self._kind, names)
        lacked = len(names.keys() - keys - named)
        return lacked >= MIN_MISSED_RELEASES and 2 * lacked > len(names)

    @property
    def place(self) -> str:
        """A description of the current archive, for use in a sentence."""
        archive = self.requested
        return f"the archive of {archive.period}" if archive and archive.period else "an archive"

    def next(self, walk: Walk) -> str | None:
        """Return the URL of the walk's next archive, or None if all archives were read."""
        self.requested = next(iter(walk.archives), None)
        if self.requested is None:
            return None
        self.read.add(self.requested.url)
        return self.requested.url

    def next_newer(self, *, has_new: bool) -> str | None:
        """Return the URL of the next archive that may have new releases, or None.

        ``has_new`` is whether the current page had new releases.
        """
        self.old_in_a_row = 0 if has_new else self.old_in_a_row + 1
        if self.newer and self.old_in_a_row < MAX_OLD_ARCHIVES:
            return self.newer.pop(0).url
        return None

    def after_first_page(self, walk: Walk, page: Listing, *, has_releases: bool) -> Walk:
        """Return the walk (the stored progress) after the first page of an archive was read."""
        archive, walk = self.requested, self.without_requested(walk)
        if self._is_wider:
            return replace(walk, archives=())
        if archive is None:
            return walk
        found = (one for one in page.archives if is_older(one, archive))
        walk = self.added(walk, found)
        if has_releases:
            # The archives contain the releases that can't be reached by paging through the list.
            remains = walk.remains if walk.archived else ""
            walk = replace(walk, archived=walk.archived + 1, remains=remains)
        return walk

    def added(self, walk: Walk, found: Iterable[ArchiveLink]) -> Walk:
        """Return the walk with the archives ``found`` added to the archives to read, each once."""
        known = {one.url for one in walk.archives} | self.read
        new = {one.url: one for one in found if one.url not in known and one.url != self._start}
        return replace(walk, archives=newest_first([*walk.archives, *new.values()])[:MAX_ARCHIVES])

    def without_requested(self, walk: Walk) -> Walk:
        """Return the walk without the current archive."""
        archive, self.requested = self.requested, None
        if archive is None:
            return walk
        return replace(walk, archives=tuple(one for one in walk.archives if one != archive))
