"""Find captures of pages in the archive, and extract them with the current rules, as a visit would.

Captures are found by URL or through a source's captured listings.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import msgspec

from data.archive.archived_response import Served, served
from data.archive.content_coding import Undecodable
from data.archive.journal.journal import FILE_URIS
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.http_head import REDIRECTS
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.archive.warc.warc_file import listed_at
from data.clock import utc_now
from data.errors import ArchiveError, SourceError
from data.models import Capture, Content, Draft, Release, Revision
from data.settings import Settings
from data.store.core.store import Store
from data.text.masking import without_user
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy, with_topics
from spiders.crawl.drafts.release_reader import ReleaseReader, StoredReleases
from spiders.crawl.listings.frontier import SITEMAP_INDEX
from spiders.crawl.page_errors import NotARelease, ReportError, page_errors
from spiders.download.documents import read_document
from spiders.items import Listing, ListingItem, Series
from spiders.learning.source_templates import KEPT_RULES, SourceTemplates
from spiders.listing.feed import sitemaps_to_walk
from spiders.listing.paging.loaders import continued
from spiders.listing.read import read_listing
from spiders.page.media_files import is_pdf
from spiders.page.page import Page
from spiders.sources.source_file import LoadedSource, SourceFile, parse_source

MAX_REDIRECTS: Final = 20
"""Maximum number of redirects that are followed, as in Scrapy."""

MAX_LISTING_PAGES: Final = 5000
"""Maximum number of listing pages read per source, as in a visit."""


@dataclass(frozen=True, slots=True)
class PageCaptures:
    """Finds the captures of pages in an archive. ``limit`` is the maximum page size in bytes."""

    archive: Path
    index: Index
    limit: int

    def of(self, url: str) -> tuple[list[CdxjEntry], list[str]]:
        """Return the captures of the page at a URL, and the URLs that redirect to it."""
        redirects: list[str] = []
        while len(redirects) < MAX_REDIRECTS:
            entries = self.index.captures(url)
            pages = [one for one in entries if one.status == HTTPStatus.OK]
            leads = [one for one in entries if one.status in REDIRECTS]
            if pages or not leads:
                return pages, redirects
            redirects.append(url)
            answer = self._served(leads[0].file, leads[0].offset)
            place = answer.header(b"location").decode("latin-1") if answer else ""
            # Ignore an invalid URL.
            with suppress(ValueError):
                url = urljoin(url, place)
        return [], redirects

    def answers(self, url: str) -> Iterator[Served]:
        """Yield the distinct captured responses from a URL, newest first."""
        entries = {one.digest: one for one in reversed(self.of(url)[0])}
        return filter(None, (self._served(one.file, one.offset) for one in entries.values()))

    def answer(self, capture: Capture) -> Served | None:
        """Return the response in a capture, or None if the capture can't be read."""
        return self._served(capture.file, capture.offset)

    def capture(self, entry: CdxjEntry) -> Capture | None:
        """Return the capture of an index entry, or None if it can't be read."""
        with suppress(ArchiveError):
            return read_record(self.archive, entry.file, entry.offset).capture(entry.leaf)
        return None

    def _served(self, file: str, offset: int) -> Served | None:
        with suppress(ArchiveError, Undecodable):
            return served(self.archive, self.index, file, offset, self.limit)
        return None


class ArchivedListings:
    """The listings of a source in an archive.

    ``items`` maps canonical URLs to listing items. ``front`` contains the URLs of the source's
    first listing page, its feed and its home page, which are not releases.
    """

    def __init__(self, file: SourceFile, report_error: ReportError) -> None:
        self.front = tuple(filter(None, (file.url, urljoin(file.url, "/"), file.feed)))
        self.items: dict[str, ListingItem] = {}
        self._rules = file.listing
        self._context = file.date_context(utc_now())
        self._report_error = report_error
        self._pages = set(map(canonical_url, self.front))
        self._series: Series | None = None

    def __contains__(self, url: str) -> bool:
        """Whether a URL is known as a listing page."""
        return canonical_url(url) in self._pages

    def read(self, answers: Callable[[str], Iterable[Served]]) -> None:
        """Read all captured listing pages, beginning with the first page of each listing.

        ``answers`` returns the captured responses from a URL.
        """
        waiting = [*self._pages]
        while waiting:
            for answer in answers(waiting.pop()):
                with page_errors(answer.url, self._report_error):
                    waiting += self._list(answer)

    def add(self, answer: Served) -> list[str]:
        """Extract a listing page, and return the canonical URLs of its items."""
        keys: list[str] = []
        with page_errors(answer.url, self._report_error):
            keys += (canonical_url(item.url) for item in self._listing(answer).items)
        return keys

    def _listing(self, answer: Served) -> Listing:
        """Extract a listing page, and remember its items and its further listing pages."""
        listing = read_listing(page_of(answer), self._context, self._rules)
        listing = continued(listing, answer.url, None, self._series)
        self._series = listing.series or self._series
        if listing.rule != SITEMAP_INDEX:
            for item in listing.items:
                self.items.setdefault(canonical_url(item.url), item)
        return listing

    def _list(self, answer: Served) -> list[str]:
        """Extract a listing page, and return the canonical URLs of listing pages it links to."""
        listing = self._listing(answer)
        following = [listing.next] if listing.next else []
        if listing.rule == SITEMAP_INDEX:
            following += sitemaps_to_walk(listing)
        keys = dict.fromkeys(map(canonical_url, following))
        fresh = [key for key in keys if key not in self._pages][
            : MAX_LISTING_PAGES - len(self._pages)
        ]
        self._pages.update(fresh)
        return fresh


def page_of(answer: Served) -> Page:
    """Convert a response to a page."""
    document = asyncio.run(read_document(answer.body)) if is_pdf(answer.body) else None
    return Page(without_user(answer.url), answer.body, answer.content_type, document)


UNREADABLE = (ArchiveError, Undecodable, NotARelease)
"""Errors raised if an archived page can't be extracted as a release."""


@dataclass(frozen=True, slots=True)
class Archived:
    """The archive of a home directory, with its index, store, taxonomy and settings."""

    folder: Path
    index: Index
    store: Store
    taxonomy: Taxonomy
    settings: Settings


class SourceHistory:
    """The versions of one source file, each with the time from which it was in force."""

    def __init__(self, archive: Path, source: str) -> None:
        self._archive = archive
        entries = listed_at(archive, f"{FILE_URIS}sources/{source}.toml")
        self._entries = sorted(entries, key=lambda one: (one.at, one.leaf))
        self._files: dict[int, SourceFile | None] = {}

    def at(self, when: dt.datetime, leaf: int | None = None) -> SourceFile | None:
        """Return the source file that was in force at the time ``when``, or None.

        The first version also applies to earlier times. Returns None if no version exists, or if it
        can no longer be parsed. Times are stored in whole seconds. Of two versions from the same
        second, the log position of a capture (``leaf``) selects one.
        """
        second = when.replace(microsecond=0)
        before = sum(
            one.at < second or (one.at <= when and (leaf is None or one.leaf < leaf))
            for one in self._entries
        )
        place = max(0, before - 1)
        if place not in self._files:
            self._files[place] = self._read(place)
        return self._files[place]

    def _read(self, place: int) -> SourceFile | None:
        for entry in self._entries[place : place + 1]:
            with suppress(ArchiveError, SourceError):
                text = read_record(self._archive, entry.file, entry.offset).block.decode()
                return parse_source(text, entry.uri)
        return None


class StoredPages:
    """Extracts the archived pages of one source's releases. Learned layouts are not stored."""

    def __init__(self, archived: Archived, loaded: LoadedSource) -> None:
        self._archived = archived
        self._loaded = loaded
        store = archived.store
        self._stored = StoredReleases(loaded.id, store)
        self._templates = SourceTemplates(loaded.id, loaded.file.releases, store, keeps=False)
        self._reader = ReleaseReader(loaded, self._templates, self._stored, lambda *_: None)
        listings = listings_of(store.listings(loaded.id))
        self._items = {canonical_url(item.url): item for one in listings for item in one.items}
        self._history = SourceHistory(archived.folder, loaded.id)
        self._past: list[tuple[SourceFile, StoredPages]] = []

    def learn_day_order(self, page: Page) -> None:
        """Learn the order of day and month from a listing page."""
        self._reader.learn_day_order(page)

    def learn(self, releases: Iterable[Release]) -> None:
        """Learn layouts from stored releases if none are stored, for example after data loss."""
        if not self._templates.is_empty:
            return
        for release in releases:
            if release.content.body_rule.startswith(KEPT_RULES):
                with suppress(*UNREADABLE):
                    self.draft(release)

    def draft(self, release: Release) -> tuple[Draft, Mapping[str, str]]:
        """Extract a release with the current rules. Return its draft and the labels of its topics.

        Raises NotARelease, Undecodable, or ArchiveError (for example, if the release has no
        capture).
        """
        capture = release.capture
        if capture is None:
            raise NotARelease("archive", "no page of this release is in the archive")
        archived = self._archived
        limit = archived.settings.network.max_bytes
        answer = served(archived.folder, archived.index, capture.file, capture.offset, limit)
        page = page_of(replace(answer, url=release.url))
        read = self._reader.draft(page, (), self._item(release), capture=capture, reextract=True)
        return with_topics(read.draft, self._loaded.file.topics, archived.taxonomy)

    def content_of(self, release: Release, answer: Served) -> Content:
        """Extract a response for the page of a release with the current rules.

        Raises NotARelease or Undecodable.
        """
        page = page_of(replace(answer, url=release.url))
        return self._reader.draft(page, (), self._item(release), reextract=True).draft.content

    def before(self, release: Release, read: Revision) -> Content | None:
        """Extract a release's page with the rules of its last extraction.

        ``read`` is the current version of the release. Returns None if the rules have not changed
        since then, or if that version of the source file is unknown.
        """
        capture = read.capture
        # A version that was extracted after its visit has an older capture.
        is_then = capture and capture.at.replace(microsecond=0) == read.seen.replace(microsecond=0)
        file = self._history.at(read.seen, capture.leaf if capture and is_then else None)
        if file is None or file.releases == self._loaded.file.releases:
            return None
        past = next((pages for known, pages in self._past if known == file), None)
        if past is None:
            past = StoredPages(self._archived, replace(self._loaded, file=file))
            self._past.append((file, past))
        with suppress(*UNREADABLE):
            return past.draft(release)[0].content
        return None

    def _item(self, release: Release) -> ListingItem | None:
        """Return a release's item on a stored listing, or an item built from the stored values."""
        known = (self._items.get(canonical_url(url)) for url in (release.url, *release.aliases))
        return next(filter(None, known), None) or self._stored.item_of(release.url)


def listings_of(texts: Iterable[str]) -> Iterator[Listing]:
    """Yield the decoded stored listings. Texts that can't be decoded are skipped."""
    for text in texts:
        try:
            yield msgspec.json.decode(text, type=Listing)
        except msgspec.DecodeError:
            # The listing was stored by another version of Communique.
            continue
