"""A feed as a value: its head, and how it stands to its archive pages."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from data.models import Facet
from feeds.catalog import Catalog
from feeds.entries.entry import Link
from feeds.entries.events import OURS
from feeds.urls import EVENT_FEEDS, FORMATS, EventFeed, Format, event_page, href

NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""When a feed without entries was updated: it must say something, and always the same."""

STEPS = (("prev-archive", -1), ("next-archive", 1))


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed, ready for any format.

    ``addresses`` are its own addresses by format; ``page`` shows it to a person; ``links`` are
    further links such as a hub. ``neighbours`` are the archive pages beside it, as relations and
    addresses without a suffix (RFC 5005), and ``archived`` is whether it is such a page itself.
    ``updated`` is when its newest change was, so that the same store gives the same bytes.
    """

    facet: Facet
    id: str
    title: str
    subtitle: str
    author: str
    site: str
    page: str
    language: str | None
    updated: dt.datetime
    addresses: tuple[tuple[Format, str], ...]
    links: tuple[Link, ...] = ()
    neighbours: tuple[tuple[str, str], ...] = ()
    archived: bool = False

    @property
    def mixed(self) -> bool:
        """Whether its entries come from several sources, and so name them."""
        return self.facet.source is None

    def older(self, kind: Format) -> str | None:
        """The address of the archive page before this document, if there is one."""
        stem = dict(self.neighbours).get("prev-archive")
        return f"{stem}.{kind}" if stem else None

    @property
    def stem(self) -> str:
        """The feed's own address without its suffix."""
        return self.address("atom").removesuffix(".atom")

    def address(self, kind: Format) -> str:
        """The feed's own address in a format."""
        return dict(self.addresses)[kind]


class Dated(Protocol):
    """What a feed asks of its entries."""

    @property
    def updated(self) -> dt.datetime:
        """When the entry changed last."""

    @property
    def language(self) -> str | None:
        """The language of the entry."""


def feed_of(catalog: Catalog, facet: Facet, entries: Sequence[Dated]) -> Feed:
    """The feed of a facet that holds these entries."""
    name = catalog.name(facet)
    subtitle = f"Press releases: {name}." if facet != Facet() else "All press releases."
    return Feed(
        facet=facet,
        id=catalog.feed_id(facet),
        title=catalog.heading(facet),
        subtitle=" ".join(filter(None, (subtitle, catalog.ended(facet.source)))),
        author=catalog.title,
        site=catalog.site,
        page=catalog.page(facet),
        language=language_of(entries),
        updated=updated_of(entries),
        addresses=tuple((kind, catalog.feed(facet, kind)) for kind in FORMATS),
        links=(Link("hub", catalog.hub),) if catalog.hub else (),
    )


def archive_page(feed: Feed, number: int | str, beside: Mapping[str, int | str]) -> Feed:
    """The archive page ``number`` of a feed, with the pages ``beside`` it by relation (RFC 5005).

    All but the last name the page after them, and so stay as they are for ever.
    """
    own = archive_stem(feed, number)
    return replace(
        feed,
        addresses=tuple((kind, f"{own}.{kind}") for kind in FORMATS),
        neighbours=(
            ("current", feed.stem),
            *((rel, archive_stem(feed, page)) for rel, page in beside.items()),
        ),
        # A page for ever has nothing to push.
        links=(),
        archived=True,
    )


def beside(number: int, pages: int) -> dict[str, int | str]:
    """The pages beside one of so many pages, by their relation to it."""
    found = {rel: number + step for rel, step in STEPS}
    return {rel: page for rel, page in found.items() if 1 <= page <= pages}


def with_archives(feed: Feed, pages: int) -> Feed:
    """The feed, naming the last of its archive pages."""
    if not pages:
        return feed
    return replace(feed, neighbours=(("prev-archive", archive_stem(feed, pages)),))


def archive_stem(feed: Feed, number: int | str) -> str:
    """The address of an archive page without its suffix."""
    return f"{feed.stem}/page/{number}"


def updated_of(entries: Iterable[Dated]) -> dt.datetime:
    """When the newest change of any entry was."""
    return max((entry.updated for entry in entries), default=NEVER)


def language_of(entries: Iterable[Dated]) -> str | None:
    """The language of most entries."""
    return common_language([entry.language for entry in entries])


def common_language(languages: Sequence[str | None]) -> str | None:
    """The language that is named most often, the first by alphabet among equals."""
    if len(set(languages)) == 1:
        return languages[0]
    counted = Counter(languages)
    counted.pop(None, None)
    return min(counted, key=lambda language: (-counted[language], language), default=None)


def event_feed(catalog: Catalog, event: EventFeed, entries: Sequence[Dated]) -> Feed:
    """A feed about releases that holds these entries."""
    title, subtitle = EVENT_FEEDS[event]
    return Feed(
        facet=Facet(),
        id=catalog.event_feed_id(event),
        title=f"{title} · {catalog.title}",
        subtitle=subtitle,
        author=catalog.title,
        site=catalog.site,
        page=f"{catalog.site}{href(event_page(event))}",
        language=OURS,
        updated=updated_of(entries),
        addresses=tuple((kind, catalog.event_feed(event, kind)) for kind in FORMATS),
        links=(Link("hub", catalog.hub),) if catalog.hub else (),
    )
