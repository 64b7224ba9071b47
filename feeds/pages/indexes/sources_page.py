"""The pages that list all sources: how much each published, when last, in which language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from data.models import Facet, HealthEvent
from feeds.pages.health_page import shown_condition
from feeds.pages.indexes.index_page import index_pages
from feeds.pages.renderer import PageRenderer
from feeds.pages.source_health_page import condition_label
from feeds.urls import page_file


@dataclass(frozen=True, slots=True)
class SourceLine:
    """The line of a source; ``day`` is that of its newest release as ISO writes it, or empty.

    ``state`` is empty where it works as far as was told.
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
    told: Mapping[str, HealthEvent],
    read: Collection[str],
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of the list of sources, and how to make each.

    ``newest`` are the day of the newest release of each and the language of most of them, ``told``
    the last change in the health of each, and ``read`` those of which a visit has read a release.
    """
    catalog, texts = pages.catalog, pages.catalog.texts
    rows = []
    for facet, count in pages.navigation.counts.items():
        if facet.source is None or facet != Facet(source=facet.source):
            continue
        day, language = newest.get(facet.source, ("", ""))
        event = told.get(facet.source)
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
    return index_pages(pages, "sources", "sources.html", rows, title=title)
