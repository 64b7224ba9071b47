"""Lists of all sources, topics, languages and days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.models import Facet, HealthEvent
from data.topics.taxonomy import TopicNode
from feeds.pages.health_page import condition_label, shown_condition
from feeds.pages.indexes.index_page import index_pages
from feeds.pages.renderer import PageRenderer
from feeds.urls import YEAR, page_file

DAYS_FILE: Final = "days/index.html"

MAX_DEPTH: Final = 3
"""Maximum indentation level of a topic in the list of topics."""


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
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of the list of sources: its file name and a function that renders it.

    ``newest`` maps sources to the day of their newest release and their main language. ``last``
    maps sources to their last change of health. ``read`` contains the sources with a release that a
    visit has found.
    """
    catalog, texts = pages.catalog, pages.catalog.texts
    rows = []
    for facet, count in pages.navigation.counts.items():
        if facet.source is None or facet != Facet(source=facet.source):
            continue
        day, language = newest.get(facet.source, ("", ""))
        event = last.get(facet.source)
        rows.append(
            SourceLine(
                catalog.name(facet),
                page_file(facet),
                count,
                day,
                texts.language_name(language) if language else "",
                condition_label(texts, shown_condition(event, is_read=facet.source in read)),
                catalog.ended(facet.source),
            )
        )
    rows.sort(key=lambda row: (pages.catalog.texts.collation_key(row.name), row.file))
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


def counted_pages(
    pages: PageRenderer, stem: str, rows: Sequence[CountedLine], *, title: str, lead: str
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of a list of names with counts.

    Each result is a pair: the file name of the page and a function that renders the page.
    """
    return index_pages(pages, stem, "counted.html", rows, title=title, lead=lead)


def topics_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of the list of topics: its file name and a function that renders it."""
    tree = pages.catalog.topic_tree(pages.navigation.counts)
    rows, texts = [*topic_lines(tree)], pages.catalog.texts
    lead = texts.ngettext("%(num)s topic.", "%(num)s topics.", len(rows))
    return counted_pages(pages, "topics", rows, title=texts.gettext("Topics"), lead=lead)


def topic_lines(
    nodes: Iterable[TopicNode], depth: int = 0, above: str = ""
) -> Iterator[CountedLine]:
    """Yield the rows of topics, each followed by the rows of its subtopics."""
    for node in nodes:
        file = page_file(Facet(topic=node.slug))
        yield CountedLine(node.label, file, node.releases, min(depth, MAX_DEPTH), above)
        yield from topic_lines(node.below, depth + 1, node.label)


def languages_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of the list of languages: its file name and a function that renders it."""
    catalog, texts = pages.catalog, pages.catalog.texts
    rows = []
    for facet, count in pages.navigation.counts.items():
        if facet.language is None or facet != Facet(language=facet.language):
            continue
        own, here = catalog.name(facet), texts.language_name(facet.language)
        name = own if own.casefold() == here.casefold() else f"{own} ({here})"
        rows.append(CountedLine(name, page_file(facet), count))
    rows.sort(key=lambda row: (-row.releases, texts.collation_key(row.name), row.file))
    lead = texts.ngettext("%(num)s language.", "%(num)s languages.", len(rows))
    return counted_pages(pages, "languages", rows, title=texts.gettext("Languages"), lead=lead)


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
    return pages.render("days.html", DAYS_FILE, Facet(), title=title, years=years)
