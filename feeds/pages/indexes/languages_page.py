"""The pages that list all languages, each by the name that it has itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.models import Facet
from feeds.pages.indexes.index_page import CountedLine, counted_pages
from feeds.pages.renderer import PageRenderer
from feeds.urls import page_file


def languages_pages(pages: PageRenderer) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of the list of languages, and how to make each."""
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
