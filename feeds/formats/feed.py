"""Feed metadata independent of the format, and links to archive pages."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from data.models import Facet
from feeds.catalog import Catalog, urn_of
from feeds.entries.entry import EntryLink
from feeds.entries.events import EVENT_LANGUAGE
from feeds.urls import EVENT_FEEDS, FORMATS, EventFeed, Format, event_file, event_page

EMPTY_FEED_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Update time of a feed without entries. Formats require an update time."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Metadata of a feed, independent of the format and without the entries.

    - ``addresses`` are the URLs of the feed by format, and ``page`` is its web page.
    - ``links`` are further links, such as a hub.
    - ``neighbours`` are links to archive pages (RFC 5005): pairs of a link relation and a URL
      without suffix. ``archived`` is true for the metadata of an archive page.
    - ``updated`` is the time of the newest change, so the same store gives the same bytes.
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
    links: tuple[EntryLink, ...] = ()
    neighbours: tuple[tuple[str, str], ...] = ()
    archived: bool = False

    @property
    def mixed(self) -> bool:
        """Whether entries may come from several sources, so that each entry contains its source."""
        return self.facet.source is None

    def older(self, kind: Format) -> str | None:
        """Return the URL of the previous archive page in a format, or None if there is none."""
        stem = dict(self.neighbours).get("prev-archive")
        return f"{stem}.{kind}" if stem else None

    @property
    def stem(self) -> str:
        """The URL of the feed without its suffix."""
        return self.address("atom").removesuffix(".atom")

    def address(self, kind: Format) -> str:
        """Return the URL of the feed in a format."""
        return dict(self.addresses)[kind]


class Dated(Protocol):
    """Interface of entries with an update time and a language, for deriving feed metadata."""

    @property
    def updated(self) -> dt.datetime:
        """The time of the last change of the entry."""

    @property
    def language(self) -> str | None:
        """The language of the entry."""


def feed_of(catalog: Catalog, facet: Facet, entries: Sequence[Dated]) -> Feed:
    """Return the metadata of a facet's feed.

    Its language and update time are taken from ``entries``.
    """
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
        links=(EntryLink("hub", catalog.hub),) if catalog.hub else (),
    )


def archive_page(feed: Feed, number: int | str, neighbours: Mapping[str, int | str]) -> Feed:
    """Return the metadata of archive page ``number`` of a feed.

    ``neighbours`` maps link relations to numbers of other archive pages. Every page except the last
    links to its next page. Once it has this link, it never changes (RFC 5005).
    """
    own = archive_stem(feed, number)
    return replace(
        feed,
        addresses=tuple((kind, f"{own}.{kind}") for kind in FORMATS),
        neighbours=(
            ("current", feed.stem),
            *((rel, archive_stem(feed, page)) for rel, page in neighbours.items()),
        ),
        # Archive pages never change, so they contain no link to a hub.
        links=(),
        archived=True,
    )


def neighbouring_pages(number: int, pages: int) -> dict[str, int | str]:
    """Return the numbers of the archive pages before and after a page, by link relation.

    ``number`` is the number of the page, and ``pages`` the number of all archive pages.
    """
    found = {"prev-archive": number - 1, "next-archive": number + 1}
    return {rel: page for rel, page in found.items() if 1 <= page <= pages}


def with_archives(feed: Feed, pages: int) -> Feed:
    """Add a link to the last archive page to a feed's metadata, if the feed has archive pages."""
    if not pages:
        return feed
    return replace(feed, neighbours=(("prev-archive", archive_stem(feed, pages)),))


def archive_stem(feed: Feed, number: int | str) -> str:
    """Return the URL of an archive page without its suffix."""
    return f"{feed.stem}/page/{number}"


def updated_of(entries: Iterable[Dated]) -> dt.datetime:
    """Return the latest update time of the entries, or EMPTY_FEED_TIME if there are no entries."""
    return max((entry.updated for entry in entries), default=EMPTY_FEED_TIME)


def language_of(entries: Iterable[Dated]) -> str | None:
    """Return the most frequent language of the entries, or None if they have no languages.

    If several languages are equally frequent, the alphabetically first is returned.
    """
    counted = Counter(entry.language for entry in entries if entry.language)
    return min(counted, key=lambda language: (-counted[language], language), default=None)


def event_feed(catalog: Catalog, event: EventFeed, entries: Sequence[Dated]) -> Feed:
    """Return the metadata of an event feed that contains the given entries."""
    title, subtitle = EVENT_FEEDS[event]
    return Feed(
        facet=Facet(),
        id=urn_of(f"{catalog.site}/feeds/{event}"),
        title=f"{title} · {catalog.title}",
        subtitle=subtitle,
        author=catalog.title,
        site=catalog.site,
        page=catalog.url(event_page(event)),
        language=EVENT_LANGUAGE,
        updated=updated_of(entries),
        addresses=tuple((kind, catalog.url(event_file(event, kind))) for kind in FORMATS),
        links=(EntryLink("hub", catalog.hub),) if catalog.hub else (),
    )
