"""Directories of the site: all sources, topics, languages, days and feeds.

A long directory is split into several pages, with a field to filter their rows. Its first page is,
for example, ``sources/``. The next page is ``sources/-/2/``, because no source has the id "-". Each
page works without the others. The script of the filter field loads the rows of the other pages.

In the directory of feeds, small groups are on the first page, large groups on separate pages. It
shows no counts of releases, so it changes only if feeds are added or removed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from markupsafe import Markup

from data.models import Facet, HealthEvent
from data.topics.taxonomy import TopicNode
from data.wording import N_
from feeds.catalog import Catalog, grouped
from feeds.pages.health_page import condition_label, shown_condition
from feeds.pages.renderer import ROOT_MARK, PageRenderer, feed_row
from feeds.translations import Texts
from feeds.urls import EVENT_FEEDS, YEAR, event_page, has_feed_files, page_file, stem_of

MAX_ROWS = 200
"""Maximum number of rows per page. A page of this length is about 15 KB when compressed."""

MAX_LABEL_CHARACTERS = 18
"""Maximum length in characters of each of the two names in a page label ('Abc – Def')."""


DAYS_FILE: Final = "days/index.html"

FEEDS_FILE: Final = "feeds/index.html"

MAX_DEPTH: Final = 3
"""Maximum indentation level of a topic in the list of topics."""

MAX_INLINE_FEEDS: Final = 50
"""Maximum number of feeds of a group that the first page of the directory of feeds lists. Larger
groups get separate pages."""

FOLDER_BY_GROUP: Final = {
    "Sources": "sources",
    "Sections": "sections",
    "Topics": "topics",
    "Languages": "languages",
}
"""Folders of the pages of large groups of feeds, by the name of the group."""

DirectoryPages: TypeAlias = Iterator[tuple[str, Callable[[], bytes]]]
"""File names of the pages of a directory, each with a function that renders the page."""


class NamedLine(Protocol):
    """Interface of rows with a name."""

    @property
    def name(self) -> str:
        """Name of the row, for labels and for the filter field."""


def index_pages(
    pages: PageRenderer, stem: str, template: str, rows: Sequence[NamedLine], **values: Any
) -> DirectoryPages:
    """Yield each page of a list, which has at most MAX_ROWS rows, and at least one page."""
    parts = []
    for start in range(0, max(len(rows), 1), MAX_ROWS):
        some = rows[start : start + MAX_ROWS]
        file = f"{stem}/-/{start // MAX_ROWS + 1}/index.html" if start else f"{stem}/index.html"
        label = f"{short(some[0].name)} – {short(some[-1].name)}" if some else ""
        parts.append((label, file, some))
    for _, file, some in parts:
        links = [(label, other, other == file) for label, other, _ in parts]
        shown = {"rows": some, "total": len(rows), "parts": links, **values}
        yield file, partial(pages.render, template, file, **shown)


def short(name: str) -> str:
    """Cut a name to MAX_LABEL_CHARACTERS."""
    return (
        name
        if len(name) <= MAX_LABEL_CHARACTERS
        else f"{name[: MAX_LABEL_CHARACTERS - 1].rstrip()}…"
    )


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Row for a source in the list of sources.

    ``day`` is the ISO day of the source's newest release, or empty. ``ended`` is a sentence if the
    source is no longer collected, otherwise empty.
    """

    name: str
    file: str
    releases: int
    day: str
    language: str
    state: str
    ended: str


def sources_pages(
    pages: PageRenderer,
    newest: Mapping[str, tuple[str, str]],
    last: Mapping[str, HealthEvent],
    read: Collection[str],
) -> DirectoryPages:
    """Yield each page of the list of sources: its file name and a function that renders it.

    ``newest`` maps sources to the day of their newest release and their main language. ``last``
    maps sources to their last change of health. ``read`` contains the sources with a release that a
    visit has found.
    """
    catalog, texts = pages.catalog, pages.catalog.texts
    rows = []
    for facet in pages.navigation.sources:
        source = facet.source or ""
        day, language = newest.get(source, ("", ""))
        condition = shown_condition(last.get(source), is_read=source in read)
        rows.append(
            SourceLine(
                catalog.name(facet),
                page_file(facet),
                pages.navigation.counts[facet],
                day,
                texts.language_name(language) if language else "",
                condition_label(texts, condition),
                catalog.ended(source),
            )
        )
    rows.sort(key=lambda row: (texts.collation_key(row.name), row.file))
    title = texts.gettext("Sources")
    institutions = pages.navigation.institutions
    return index_pages(
        pages, "sources", "sources.html", rows, title=title, institutions=institutions
    )


@dataclass(frozen=True, slots=True)
class CountedLine:
    """Row with a name, its page and its number of releases.

    The row of a topic is indented by ``depth`` levels. ``above`` is the label of the parent topic.
    """

    name: str
    file: str
    releases: int
    depth: int = 0
    above: str = ""


def topics_pages(pages: PageRenderer) -> DirectoryPages:
    """Yield each page of the list of topics: its file name and a function that renders it."""
    tree = pages.catalog.topic_tree(pages.navigation.counts)
    rows, texts = [*topic_lines(tree)], pages.catalog.texts
    lead = texts.ngettext("%(num)s topic.", "%(num)s topics.", len(rows))
    title = texts.gettext("Topics")
    return index_pages(pages, "topics", "counted.html", rows, title=title, lead=lead)


def topic_lines(
    nodes: Iterable[TopicNode], depth: int = 0, above: str = ""
) -> Iterator[CountedLine]:
    """Yield the rows of topics, each followed by the rows of its subtopics."""
    for node in nodes:
        file = page_file(Facet(topic=node.slug))
        yield CountedLine(node.label, file, node.releases, min(depth, MAX_DEPTH), above)
        yield from topic_lines(node.below, depth + 1, node.label)


def languages_pages(pages: PageRenderer) -> DirectoryPages:
    """Yield each page of the list of languages: its file name and a function that renders it."""
    catalog, texts = pages.catalog, pages.catalog.texts
    rows = []
    for facet in pages.navigation.languages:
        own, here = catalog.name(facet), texts.language_name(facet.language or "")
        name = own if own.casefold() == here.casefold() else f"{own} ({here})"
        rows.append(CountedLine(name, page_file(facet), pages.navigation.counts[facet]))
    rows.sort(key=lambda row: (-row.releases, texts.collation_key(row.name), row.file))
    lead = texts.ngettext("%(num)s language.", "%(num)s languages.", len(rows))
    title = texts.gettext("Languages")
    return index_pages(pages, "languages", "counted.html", rows, title=title, lead=lead)


@dataclass(frozen=True, slots=True)
class CalendarPeriod:
    """A year or month in the calendar, with its page and number of releases.

    ``short`` is the abbreviated name of a month. For a year, ``within`` contains its twelve months.
    The ``file`` of a month without releases is empty.
    """

    name: str
    file: str
    releases: int
    short: str = ""
    within: tuple[CalendarPeriod, ...] = ()


def days_page(pages: PageRenderer) -> bytes:
    """Render the calendar: a row of twelve months for each year with releases, newest first."""
    counts, texts = pages.navigation.counts, pages.catalog.texts
    names = texts.locale.months["stand-alone"]

    def month(year: str, number: int) -> CalendarPeriod:
        facet = Facet(period=f"{year}-{number:02}")
        count = counts.get(facet, 0)
        file = page_file(facet) if count else ""
        return CalendarPeriod(names["wide"][number], file, count, names["abbreviated"][number])

    found = {one.period: one for one in counts if one.period and len(one.period) == YEAR}
    years = [
        CalendarPeriod(
            year,
            page_file(facet),
            counts[facet],
            within=tuple(month(year, number) for number in range(1, 13)),
        )
        for year, facet in sorted(found.items(), reverse=True)
    ]
    title = texts.gettext("Calendar")
    return pages.render("days.html", DAYS_FILE, title=title, years=years)


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


def feeds_pages(pages: PageRenderer) -> DirectoryPages:
    """Yield each page of the directory: its file name and a function that renders it."""
    catalog, texts = pages.catalog, pages.catalog.texts
    counts = pages.navigation.counts
    published = (facet for facet in counts if has_feed_files(facet, counts))
    groups: list[FeedGroup] = []
    for name, facets in grouped(catalog, published).items():
        lines = [facet_line(catalog, facet) for facet in facets]
        if name == "Dates":
            years = [one for one in facets if len(one.period or "") == YEAR]
            groups.append(FeedGroup(name, [], "feeds/dates/index.html", len(years)))
            yield from dates_pages(pages, facets)
        elif name in FOLDER_BY_GROUP and len(lines) > MAX_INLINE_FEEDS:
            stem = f"feeds/{FOLDER_BY_GROUP[name]}"
            groups.append(FeedGroup(name, [], f"{stem}/index.html", len(lines)))
            title = texts.gettext(name)
            yield from index_pages(pages, stem, "feed_group.html", lines, title=title)
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
        partial(pages.render, "feeds.html", FEEDS_FILE, title=title, groups=groups),
    )


def dates_pages(pages: PageRenderer, facets: Sequence[Facet]) -> DirectoryPages:
    """Yield the pages of feeds by date: one page with all years, and one page per year.

    Each result is a pair: the file name of the page and a function that renders the page.
    """
    catalog = pages.catalog
    within: dict[str, list[FeedLine]] = {}
    for facet in facets:
        within.setdefault((facet.period or "")[:YEAR], []).append(facet_line(catalog, facet))
    for year, lines in within.items():
        lines.sort(key=lambda one: one.stem)
        yield from index_pages(pages, f"feeds/dates/{year}", "feed_group.html", lines, title=year)
    years = [
        FeedLine(year, f"feeds/dates/{year}/index.html", f"feeds/date/{year}") for year in within
    ]
    title = catalog.texts.gettext("Dates")
    yield from index_pages(pages, "feeds/dates", "feed_group.html", years, title=title)


def facet_line(catalog: Catalog, facet: Facet) -> FeedLine:
    """Return the row for a facet's feed."""
    return FeedLine(catalog.name(facet), page_file(facet), stem_of(facet))
