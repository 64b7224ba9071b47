"""What a publication notes for later ones, of a site that is published only once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from data.models import DayDigest, Facet, ReleaseTimes


class PublicationInMemory:
    """The part of a PublishStore about archive pages and days, kept by nobody."""

    def __init__(self) -> None:
        self.pages: dict[Facet, dict[int, Sequence[str]]] = {}
        self.days: dict[str, DayDigest] = {}

    def hidden(self) -> frozenset[str]:
        """The ids of all hidden releases: what is chosen once is shown."""
        return frozenset()

    def news_to_publish(self) -> str:
        """Nobody waits for what is published once."""
        return ""

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Note nothing."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """When releases came is no part of a copy."""
        del source, limit
        return ()

    def archive_page_count(self, facet: Facet) -> int:
        """How many archive pages a feed has."""
        return max(self.pages.get(facet, ()), default=0)

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Those of some releases that are on an archive page of a feed, with its number."""
        pages = self.pages.get(facet, {}).items()
        every = {one: page for page, some in pages for one in some}
        return {one: every[one] for one in ids if one in every}

    def archive_page(self, facet: Facet, page: int) -> Sequence[str]:
        """The releases on an archive page of a feed, by id."""
        return self.pages.get(facet, {}).get(page, ())

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Put releases, by id, on new archive pages of feeds, by their numbers."""
        for facet, some in pages.items():
            self.pages.setdefault(facet, {}).update(some)

    def day_digest(self, day: str) -> DayDigest | None:
        """A day that is over, as it was when it was first published."""
        return self.days.get(day)

    def add_day_digest(self, digest: DayDigest) -> None:
        """Keep a day as it is published; one that is kept already stays."""
        self.days.setdefault(digest.day, digest)
