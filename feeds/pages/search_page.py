"""The page of a search: its form, what was found, and the feeds of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from urllib.parse import urlencode

from markupsafe import Markup

from data.models import Facet
from feeds.entries.entry import Entry
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import UP
from feeds.urls import FORMATS, SEARCH, page_file, relative

STATIC = "search/index.html"
"""The page among the files of a site, which a static host shows for every search."""


def static_page(pages: PageRenderer) -> bytes:
    """The page that says why nothing is searched: a static host answers no questions."""
    return pages.search(STATIC, asked={}, days=None, found=0, feeds=[], address="")


def day_of(entry: Entry) -> str:
    """The day under which an entry is listed, or empty where it has none."""
    return entry.published.date().isoformat() if entry.published else ""


def search_page(
    pages: PageRenderer, file: str, asked: Mapping[str, str], entries: Iterable[Entry]
) -> bytes:
    """The page at ``file`` of the search for what is ``asked``, with the entries that it found."""
    found = list(entries)
    up = "../" * file.count("/")
    texts = pages.catalog.texts
    days = [
        (
            texts.spoken(day) if day else texts.gettext("No date"),
            relative(page_file(Facet(period=day)), file) if day else "",
            Markup("".join(pages.row(one).decode() for one in some).replace(UP, up)),  # noqa: S704 - made by the template of a row, which escapes
        )
        for day, some in groupby(found, key=day_of)
    ]
    query = urlencode(sorted(asked.items()))
    return pages.search(
        file,
        asked=asked,
        days=days,
        found=len(found),
        feeds=[(kind, f"{up}{SEARCH[1:]}.{kind}?{query}") for kind in FORMATS] if asked else [],
        address=f"{pages.catalog.site}{SEARCH}.atom?{query}",
    )
