"""The pages of a source that are kept: in the archive, else its samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

from data.archive.warc.index import Index
from data.store.protocol import Store
from data.topics.taxonomy import load_taxonomy
from scheduler.home import Home
from scheduler.jobs.correction.fields import PageKind
from scheduler.jobs.drift import DriftGuard
from scheduler.jobs.unread_pages import PageCaptures
from spiders.archived.listings import page_of
from spiders.golden.golden import BadGolden, read_golden
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource

MOST: Final = 3
"""Pages on which a selector is tried."""


def saved_pages(home: Home, store: Store, loaded: LoadedSource, kind: PageKind) -> list[Page]:
    """The newest pages of a kind, three at the most."""
    found = _releases(home, store, loaded) if kind == "release" else _listings(home, loaded)
    pages = [one for one in islice(found, MOST) if not one.is_binary]
    return pages or [*_sample(home, loaded, kind)]


def _releases(home: Home, store: Store, loaded: LoadedSource) -> Iterator[Page]:
    guard = DriftGuard(home, store, load_taxonomy(home.topics))
    for page, _ in guard.newest_pages(loaded):
        if page.document is None:
            yield page


def _listings(home: Home, loaded: LoadedSource) -> Iterator[Page]:
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        for answer in captures.answers(loaded.file.url):
            yield page_of(answer)


def _sample(home: Home, loaded: LoadedSource, kind: PageKind) -> Iterator[Page]:
    try:
        golden = read_golden(home.samples / loaded.id)
    except BadGolden:
        return
    yield Page(*(golden.release if kind == "release" else golden.listing))
