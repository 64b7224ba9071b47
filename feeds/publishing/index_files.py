"""The pages that list what there is: sources, topics, days, and the directory of feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from data.store.read_protocol import PublishStore
from feeds.pages.indexes.directories import (
    DAYS_FILE,
    days_page,
    languages_pages,
    sources_pages,
    topics_pages,
)
from feeds.pages.indexes.feeds_page import feeds_pages
from feeds.pages.renderer import PageRenderer

Made = Mapping[str, Callable[[], bytes]]
"""Files of the site, and how to make each."""

COUNTED_PLACES: Final = ("sources/-", "topics/-", "languages/-")
DIRECTORY_PLACES: Final = (
    *("feeds/sources", "feeds/sections", "feeds/topics", "feeds/languages", "feeds/dates"),
)
"""Folders that hold nothing but such pages: of those with counts, and of the directory of feeds."""

NEWEST: Final = 50
"""Releases of a source by which its language is told."""


def counted_pages(store: PublishStore, pages: PageRenderer) -> Made:
    """The pages that change with what is published."""
    newest = store.newest_of_sources(limit=NEWEST)
    return {
        **dict(sources_pages(pages, newest, store.last_health_events(), store.read_sources())),
        **dict(topics_pages(pages)),
        **dict(languages_pages(pages)),
        DAYS_FILE: lambda: days_page(pages),
    }


def directory_pages(pages: PageRenderer) -> Made:
    """The pages that change where a feed is new or gone."""
    return dict(feeds_pages(pages))


def left_over(folder: Path, places: tuple[str, ...], files: Made) -> Iterator[str]:
    """The pages in some folders of a site that are not among its files any more."""
    for place in places:
        for path in (folder / place).rglob("index.html"):
            name = path.relative_to(folder).as_posix()
            if name not in files:
                yield name
