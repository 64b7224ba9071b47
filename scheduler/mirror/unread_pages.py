"""Find captured pages that belong to no release, and extract releases from them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import msgspec

from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.identity.matching import mint
from data.models import Capture
from data.store.core.store import Store
from data.text.urls import canonical_url, host_of
from data.topics.taxonomy import Taxonomy
from scheduler.home.home import Home
from spiders.items import ListingItem
from spiders.sources.source_file import LoadedSource, load_sources
from spiders.stored.imported_pages import ImportCounts, ImportedPages
from spiders.stored.stored_pages import ArchivedListings, PageCaptures


def queue_unread(home: Home, store: Store, lost: Collection[str]) -> list[str]:
    """Queue captured pages without a release in a rebuilt store, and return their URLs.

    These are pages that archived listings link to, and pages of the ``lost`` releases.
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
            listings = ArchivedListings(file, report_error=lambda *_: None)
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
    """Return the missing source files of visited sources, by name."""
    sources, _ = load_sources(home.sources)
    ended = store.removed_sources()
    lacking = [one for one in store.sources() if one not in sources and one not in ended]
    # Sources that were never visited come from imports.
    return [f"sources/{one}.toml" for one in lacking if store.last_visit(one)]


def by_host(urls: Collection[str]) -> dict[str, list[str]]:
    """Group URLs by host."""
    found: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        found[host_of(url)].append(url)
    return found


@dataclass(frozen=True, slots=True)
class Unread:
    """Pages of a source that do not belong to a release: the captures of each page, oldest first.

    ``items`` maps pages to their entries in a listing, ``led`` to the URLs that redirected to them.
    All keys are canonical URLs.
    """

    histories: Sequence[Sequence[Capture]]
    items: Mapping[str, ListingItem]
    led: Mapping[str, Sequence[str]]


def find_unread(captures: PageCaptures, store: Store, source: str) -> Unread:
    """Return archived pages that a source's listings link to and that belong to no release."""
    items: dict[str, ListingItem] = {}
    led: dict[str, list[str]] = {}
    histories: list[list[Capture]] = []
    for text in store.unread(source):
        item = msgspec.json.decode(text, type=ListingItem)
        entries, redirects = captures.of(item.url)
        keys = {canonical_url(one.uri) for one in entries}
        items |= dict.fromkeys(keys, item)
        led |= dict.fromkeys(keys, redirects)
        history = [*filter(None, map(captures.capture, distinct_captures(entries)))]
        histories += [history] if history else []
    return Unread(histories, items, led)


def read_unread(
    unread: Unread, captures: PageCaptures, loaded: LoadedSource, store: Store, taxonomy: Taxonomy
) -> ImportCounts:
    """Extract pages that belong to no release, as if visited at the times of their captures.

    Returns the numbers of new releases and of errors.
    """
    pages = ImportedPages(loaded, store, taxonomy, keeps_source=False)
    pages.listings.items |= unread.items
    pages.read(unread.histories, captures.answer, unread.led, lambda *_: None)
    for url in pages.media:
        entries, _ = captures.of(url)
        if entries and (capture := captures.capture(entries[-1])):
            store.keep_file(loaded.id, url, capture)
    return pages.result


def distinct_captures(entries: Sequence[CdxjEntry]) -> list[CdxjEntry]:
    """Return the captures of a page that differ from the previous capture, and the last capture."""
    before = (None, *entries)
    changes = [
        one
        for one, last in zip(entries, before, strict=False)
        if not last or last.digest != one.digest
    ]
    return changes if not entries or changes[-1] == entries[-1] else [*changes, entries[-1]]
