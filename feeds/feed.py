"""A feed as a value, and how it is chosen from the store."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from data.models import Facet, Release, facets_of
from data.store import Readable
from feeds.directory import Directory
from feeds.entry import Entry, Link, entry_of
from feeds.urls import Format

NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""When a feed without entries was updated: it must say something, and always the same."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed, ready for any format.

    ``addresses`` are its own addresses by format; ``page`` shows it to a person; ``links`` are
    further links such as a hub. ``entries`` are newest first.
    """

    facet: Facet
    id: str
    title: str
    subtitle: str
    author: str
    site: str
    page: str
    language: str | None
    addresses: tuple[tuple[Format, str], ...]
    entries: tuple[Entry, ...]
    links: tuple[Link, ...] = ()

    @property
    def updated(self) -> dt.datetime:
        """When the newest change of any entry was, so that the same store gives the same bytes."""
        return max((entry.updated for entry in self.entries), default=NEVER)

    def address(self, kind: Format) -> str:
        """The feed's own address in a format."""
        return dict(self.addresses)[kind]


def feed_of(store: Readable, directory: Directory, facet: Facet, limit: int) -> Feed:
    """The newest ``limit`` releases of a facet; where sources mix, each story once."""
    mixed = facet.source is None
    entries = tuple(
        entry_of(release, directory, mixed=mixed, others=others)
        for release, others in chosen(store, facet, limit)
    )
    name = directory.name(facet)
    return Feed(
        facet=facet,
        id=directory.feed_id(facet),
        title=directory.heading(facet),
        subtitle=f"Press releases: {name}." if facet != Facet() else "All press releases.",
        author=directory.title,
        site=directory.site,
        page=directory.page(facet),
        language=language_of(entries),
        addresses=tuple((kind, directory.feed(facet, kind)) for kind in ("atom", "rss", "json")),
        entries=entries,
    )


def chosen(
    store: Readable, facet: Facet, limit: int
) -> Iterator[tuple[Release, tuple[Release, ...]]]:
    """The releases that a feed shows, each with the releases of its story that it stands for.

    Where sources mix, a story is shown by the member of this facet that was published first, even
    if that one was retracted since: an entry never gives its place to another.
    """
    if facet.source is not None:
        yield from ((release, ()) for release in store.releases(facet, limit=limit))
        return
    shown = offset = 0
    while shown < limit:
        page = list(store.releases(facet, limit=limit, offset=offset))
        for release in page:
            members = store.story(release.story) if release.story else ()
            first = next((one for one in members if facet in facets_of(one)), release)
            if first.id == release.id and shown < limit:
                shown += 1
                yield release, tuple(one for one in members if one.id != release.id)
        if len(page) < limit:
            return
        offset += limit


def language_of(entries: tuple[Entry, ...]) -> str | None:
    """The language of most entries, the first by alphabet among equals."""
    counted = Counter(entry.language for entry in entries if entry.language)
    return min(counted, key=lambda language: (-counted[language], language), default=None)
