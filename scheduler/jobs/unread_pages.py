"""Captured pages of releases that are in no release: found after damage, and read from the archive.

A visit captures a page before its release is recorded. Where it was killed in between, or what the
journal said of the release is lost, the page is still in the archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from data.archive.content_coding import Undecodable
from data.archive.served import Served, served
from data.archive.warc.cdxj import Entry
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.identity.matching import mint
from data.models import Capture, RunError
from data.store.protocol import Store
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy
from scheduler.home import Home
from spiders.archived.imported_pages import ImportedPages
from spiders.archived.listings import ArchivedListings
from spiders.items import ListingItem
from spiders.sources.loader import LoadedSource, load_sources

REDIRECTS: Final = frozenset([301, 302, 303, 307, 308])

MOST_REDIRECTS: Final = 20
"""Addresses that lead on to the next one, as Scrapy follows them."""


class PageCaptures:
    """The pages that an archive holds, by their addresses; ``limit`` is the bytes of one."""

    def __init__(self, archive: Path, index: Index, limit: int) -> None:
        self._archive = archive
        self._index = index
        self._limit = limit

    def of(self, url: str) -> tuple[list[Entry], list[str]]:
        """The captures of the page that an address leads to, and the addresses on the way to it."""
        way: list[str] = []
        while len(way) < MOST_REDIRECTS:
            entries = self._index.captures(url)
            pages = [one for one in entries if one.status == HTTPStatus.OK]
            leads = [one for one in entries if one.status in REDIRECTS]
            if pages or not leads:
                return pages, way
            way.append(url)
            answer = self._served(leads[0].file, leads[0].offset)
            place = answer.header(b"location").decode("latin-1") if answer else ""
            # An address that is none leads nowhere.
            with suppress(ValueError):
                url = urljoin(url, place)
        return [], way

    def answers(self, url: str) -> Iterator[Served]:
        """The pages that an address ever answered with, each once."""
        entries = {one.digest: one for one in reversed(self.of(url)[0])}
        return filter(None, (self._served(one.file, one.offset) for one in entries.values()))

    def answer(self, capture: Capture) -> Served | None:
        """What was served; None where it can't be read."""
        return self._served(capture.file, capture.offset)

    def capture(self, entry: Entry) -> Capture | None:
        """The capture of an entry; None where it can't be read."""
        with suppress(ArchiveError):
            return read_record(self._archive, entry.file, entry.offset).capture(entry.leaf)
        return None

    def _served(self, file: str, offset: int) -> Served | None:
        with suppress(ArchiveError, Undecodable):
            return served(self._archive, self._index, file, offset, self._limit)
        return None


def await_unread(home: Home, store: Store, lost: Collection[str]) -> list[str]:
    """Have a rebuilt store await the captured pages that are in no release; their addresses.

    Those are what listings in the archive name, and what the ids of releases that are ``lost`` were
    made of.
    """
    sources, _ = load_sources(home.sources)
    found: list[str] = []
    with closing(Index(home.archive)) as index:
        captures = PageCaptures(home.archive, index, home.settings.network.max_bytes)
        addresses = by_host(index.addresses()) if lost else {}
        moves = store.source_moves()
        for source in store.sources():
            if source not in sources:
                continue
            file = sources[source].file
            listings = ArchivedListings(file, tell=lambda *_: None)
            listings.read(captures.answers)
            items = {
                key: item
                for key, item in listings.items.items()
                if key not in listings and captures.of(item.url)[0]
            }
            names = [source, *(old for old, new in moves.items() if new == source)]
            for url in addresses.get(host_of(file.url), ()):
                if any(mint(name, url) in lost for name in names):
                    items.setdefault(canonical_url(url), ListingItem(url, ""))
            known = store.ids_at(source, [*items])
            items = {key: item for key, item in items.items() if key not in known}
            texts = {key: msgspec.json.encode(item).decode() for key, item in items.items()}
            store.await_items(source, texts, front=False)
            found += [item.url for item in items.values()]
    return found


def without_file(home: Home, store: Store) -> list[str]:
    """The names in HOME of the files of sources that are visited, and have none."""
    sources, _ = load_sources(home.sources)
    ended = store.removed_sources()
    lacking = [one for one in store.sources() if one not in sources and one not in ended]
    # Others were imported.
    return [f"sources/{one}.toml" for one in lacking if store.last_visit(one)]


def by_host(urls: Collection[str]) -> dict[str, list[str]]:
    """Addresses by their hosts."""
    found: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        found[host_of(url)].append(url)
    return found


def host_of(url: str) -> str:
    """The host of an address, empty where it is none."""
    with suppress(ValueError):
        return urlsplit(url).hostname or ""
    return ""


@dataclass(frozen=True, slots=True)
class Unread:
    """What is to be read of a source: the captures of each page.

    ``items`` is what a listing says of those at an address, ``led`` the addresses that led there,
    both by its canonical form.
    """

    histories: Sequence[Sequence[Capture]]
    items: Mapping[str, ListingItem]
    led: Mapping[str, Sequence[str]]


def find_unread(captures: PageCaptures, store: Store, source: str) -> Unread:
    """What listings of a source name, nobody has read and the archive holds."""
    items: dict[str, ListingItem] = {}
    led: dict[str, list[str]] = {}
    histories: list[list[Capture]] = []
    for text in store.unread(source):
        item = msgspec.json.decode(text, type=ListingItem)
        entries, way = captures.of(item.url)
        keys = {canonical_url(one.uri) for one in entries}
        items |= dict.fromkeys(keys, item)
        led |= dict.fromkeys(keys, way)
        history = [*filter(None, map(captures.capture, telling(entries)))]
        histories += [history] if history else []
    return Unread(histories, items, led)


def read_unread(
    unread: Unread, captures: PageCaptures, loaded: LoadedSource, store: Store, taxonomy: Taxonomy
) -> list[RunError]:
    """Record what nobody has read, as of when it was captured; what went wrong with pages."""
    pages = ImportedPages(loaded, store, taxonomy)
    pages.listings.items |= unread.items
    pages.read(unread.histories, captures.answer, unread.led, lambda *_: None)
    for url in pages.media:
        entries, _ = captures.of(url)
        if entries and (capture := captures.capture(entries[-1])):
            store.keep_file(loaded.id, url, capture)
    return pages.outcome.errors


def telling(entries: Sequence[Entry]) -> list[Entry]:
    """Of the captures of a page those that show another one than those before, and the last."""
    before = (None, *entries)
    changes = [
        one
        for one, last in zip(entries, before, strict=False)
        if not last or last.digest != one.digest
    ]
    return changes if not entries or changes[-1] == entries[-1] else [*changes, entries[-1]]
