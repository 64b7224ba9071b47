"""Directory of feeds: small groups are on its first page, large groups on separate pages.

The directory shows no counts of releases, so it changes only if feeds are added or removed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from markupsafe import Markup

from data.models import Facet
from data.wording import N_
from feeds.catalog import Catalog, grouped
from feeds.pages.indexes.index_page import index_pages
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import ROOT_MARK, feed_row
from feeds.translations import Texts
from feeds.urls import EVENT_FEEDS, event_page, has_feed_files, page_file, stem_of

FEEDS_FILE: Final = "feeds/index.html"

MAX_INLINE_FEEDS: Final = 50
"""Maximum number of feeds of a group that the directory's first page lists. Larger groups get
separate pages."""

YEAR_LENGTH: Final = len("2022")

FOLDER_BY_GROUP: Final = {
    "Sources": "sources",
    "Sections": "sections",
    "Topics": "topics",
    "Languages": "languages",
}
"""Folders of the pages of large groups, by the name of the group."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """Row for a feed in the directory: its name, its page, and its file without suffix."""

    name: str
    page: str
    stem: str

    def html(self, up: str, texts: Texts) -> Markup:
        """Return the row as HTML. ``up`` is the relative path to the site's root."""
        row = feed_row(self.name, self.page, self.stem, texts)
        return Markup(row.replace(ROOT_MARK, up))  # noqa: S704 - feed_row escapes


@dataclass(frozen=True, slots=True)
class FeedGroup:
    """A group of feeds: the rows of its feeds, or the file of its page and the number of feeds."""

    name: str
    lines: Sequence[FeedLine]
    file: str = ""
    count: int = 0


def feeds_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of the directory: its file name and a function that renders it."""
    catalog, texts = pages.catalog, pages.catalog.texts
    counts = pages.navigation.counts
    published = (facet for facet in counts if has_feed_files(facet, counts))
    groups: list[FeedGroup] = []
    for name, facets in grouped(catalog, published).items():
        lines = [facet_line(catalog, facet) for facet in facets]
        if name == "Dates":
            years = [one for one in facets if len(one.period or "") == YEAR_LENGTH]
            groups.append(FeedGroup(name, [], dates_file(""), len(years)))
            yield from dates_pages(pages, facets)
        elif name in FOLDER_BY_GROUP and len(lines) > MAX_INLINE_FEEDS:
            stem = f"feeds/{FOLDER_BY_GROUP[name]}"
            groups.append(FeedGroup(name, [], f"{stem}/index.html", len(lines)))
            yield from group_pages(pages, stem, texts.gettext(name), lines)
        else:
            groups.append(FeedGroup(name, lines))
    events = [
        FeedLine(texts.gettext(title), event_page(event), f"feeds/{event}")
        for event, (title, _) in EVENT_FEEDS.items()
    ]
    groups.insert(1, FeedGroup(N_("What happens to releases"), events))
    title = texts.gettext("Feeds")
    yield (
        FEEDS_FILE,
        partial(pages.render, "feeds.html", FEEDS_FILE, Facet(), title=title, groups=groups),
    )


def dates_pages(
    pages: PageRenderer, facets: Sequence[Facet]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield the pages of feeds by date: one page with all years, and one page per year.

    Each result is a pair: the file name of the page and a function that renders the page.
    """
    catalog = pages.catalog
    within: dict[str, list[FeedLine]] = {}
    for facet in facets:
        within.setdefault((facet.period or "")[:YEAR_LENGTH], []).append(facet_line(catalog, facet))
    for year, lines in within.items():
        stem = dates_file(year).removesuffix("/index.html")
        yield from group_pages(pages, stem, year, sorted(lines, key=lambda one: one.stem))
    years = [FeedLine(year, dates_file(year), f"feeds/date/{year}") for year in within]
    title = catalog.texts.gettext("Dates")
    yield from group_pages(pages, "feeds/dates", title, years)


def dates_file(year: str) -> str:
    """Return the file of the page with a year's feeds, or with all years if ``year`` is empty."""
    return f"feeds/dates/{year}/index.html" if year else "feeds/dates/index.html"


def group_pages(
    pages: PageRenderer, stem: str, title: str, lines: Sequence[FeedLine]
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of a group of feeds: its file name and a function that renders it."""
    return index_pages(pages, stem, "feed_group.html", lines, title=title)


def facet_line(catalog: Catalog, facet: Facet) -> FeedLine:
    """Return the row for a facet's feed."""
    return FeedLine(catalog.name(facet), page_file(facet), stem_of(facet))
