"""Extract the archived pages of stored releases with the current rules, as a visit would."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from data.archive.archived_response import Served, served
from data.archive.content_coding import Undecodable
from data.archive.journal.journal_record import FILES
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.archive.warc.warc_file import listed_at
from data.errors import ArchiveError, SourceError
from data.models import Capture, Content, Draft, Release, Revision
from data.settings import Settings
from data.store.core.store import Store
from data.text.urls import canonical_url
from data.topics.taxonomy import Taxonomy, with_topics
from spiders.crawl.drafts.release_reader import ReleaseReader, StoredReleases
from spiders.crawl.page_errors import NotARelease
from spiders.items import Listing, ListingItem
from spiders.learning.source_templates import KEPT_RULES, SourceTemplates
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource, parse_source
from spiders.sources.source_file import SourceFile
from spiders.stored.page_captures import page_of

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


def leaf_then(read: Revision) -> int | None:
    """Return the log position of the capture from which a visit extracted a version, or None.

    Returns None if the version was extracted after its visit.
    """
    capture = read.capture
    is_then = capture and capture.at.replace(microsecond=0) == read.seen.replace(microsecond=0)
    return capture.leaf if capture and is_then else None


class SourceHistory:
    """The versions of one source file, each with the time from which it was in force."""

    def __init__(self, archive: Path, source: str) -> None:
        self._archive = archive
        entries = listed_at(archive, f"{FILES}sources/{source}.toml")
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
        page = self._page(release, capture)
        read = self._reader.draft(page, (), self._item(release), capture=capture, reextract=True)
        return with_topics(read.draft, self._loaded.file.topics, self._archived.taxonomy)

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
        file = self._history.at(read.seen, leaf_then(read))
        if file is None or file.releases == self._loaded.file.releases:
            return None
        past = next((pages for known, pages in self._past if known == file), None)
        if past is None:
            past = StoredPages(self._archived, replace(self._loaded, file=file))
            self._past.append((file, past))
        with suppress(*UNREADABLE):
            return past.draft(release)[0].content
        return None

    def _page(self, release: Release, capture: Capture) -> Page:
        archived = self._archived
        limit = archived.settings.network.max_bytes
        answer = served(archived.folder, archived.index, capture.file, capture.offset, limit)
        return page_of(replace(answer, url=release.url))

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
