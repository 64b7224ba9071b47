"""Select a facet's releases, and write its feeds, archive pages and HTML pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Final

import msgspec

from data.clock import utc_now
from data.health.latency import MAX_RELEASES, as_published, latencies, latency_line
from data.models import ChangeCursor, Facet, ReleaseChange, ReleaseSummary
from data.store.core.store import Store
from data.store.shared_sql.events import PUBLISHING
from data.topics.facets import facets_of
from feeds.archive_pages import Releases, cut_archive_pages, newest_first
from feeds.formats.feed import Feed, archive_page, feed_of, neighbouring_pages, with_archives
from feeds.formats.rendering import RenderedEntry, rendered
from feeds.pages.indexes.older_page import MAX_FIRST_PAGE, newer_page
from feeds.publishing.facet_pages import FacetPages
from feeds.publishing.publication import is_source
from feeds.publishing.publish_context import EntryRenderer, PublishContext
from feeds.publishing.render_cache import RenderCache
from feeds.urls import (
    FORMATS,
    Format,
    archive_file,
    feed_file,
    has_feed_files,
    is_published,
    page_file,
    part_file,
)

RETURNING_RELEASES = 100
"""Maximum number of recently updated releases that are in the feed document although they are on an
archive page."""

MAX_CHANGES = 1000
"""Maximum number of changed releases that are checked one by one. If more releases changed, whole
feeds are compared."""

PUBLISHED_NOTE: Final = "point"
"""Cache key for the cursor of the last event that was published without errors."""

QUEUED_NOTE: Final = "queued"
"""Cache key of the cursor of the last event whose facets are queued."""


class FeedDocuments:
    """Selects and renders the releases of facets, and writes the documents of the facets."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer
        self._contents = FeedContents(context)
        self._people = FacetPages(context, renderer)

    def outdated(self) -> Sequence[Facet]:
        """Return facets whose HTML page is outdated although none of their releases changed."""
        return [Facet()] if self._people.is_home_outdated() else []

    def switched(self, facets: Iterable[Facet]) -> set[Facet]:
        """Return the languages that need separate feeds from now on, or no longer need them.

        The only language of a site needs no separate feed.
        """
        context = self._context
        return {
            facet
            for facet in facets
            if facet.language
            and has_feed_files(facet, context.counts) != context.is_there(feed_file(facet, "atom"))
        }

    def write(self, facet: Facet, *, everything: bool) -> None:
        """Write the changed documents of a facet, or all its documents with ``everything``."""
        context, contents, people = self._context, self._contents, self._people
        every = contents.every(facet) if everything or context.changes is None else None
        before = context.archive.count(facet)
        current, full = cut_archive_pages(contents.current(facet, every), context.entries)
        shown = len(self._renderer.shown(facet, current))
        has_latest = shown > MAX_FIRST_PAGE
        pages = before + len(full)
        # The store knows pages whose files do not exist yet after a restore, or if another home
        # directory published.
        there, has_feed = before, has_feed_files(facet, context.counts)
        while there and not context.is_there(
            archive_file(facet, there, "atom") if has_feed else part_file(facet, str(there))
        ):
            there -= 1
        # The previous last page needs a link to the page after it.
        first = 1 if everything else max(there, 1) if pages > there else pages + 1
        for page in range(first, pages + 1):
            if page > before:
                releases = full[page - before - 1]
                context.archive.add(facet, page, [one.id for one in releases])
            else:
                releases = contents.on_page(facet, page, every or {})
            self._archive_page(facet, page, pages, releases)
            newer = newer_page(facet, page, pages, has_latest=has_latest)
            people.write_archived(facet, page, releases, newer, everything=True)
            context.checkpoint()
        # Only now is it known which releases are on archive pages, and which of them changed
        # recently.
        returned = contents.returned(facet, current)
        document = self._renderer.entries(facet, [*current, *returned])
        entries = document[:shown]
        changed = people.changed(facet)
        older = {*(range(1, first) if changed is None else changed)}
        if people.turned(facet, entries):
            older.add(pages)
        for page in sorted(older.intersection(range(1, first))):
            releases = contents.on_page(facet, page, every or {})
            newer = newer_page(facet, page, pages, has_latest=has_latest)
            people.write_archived(facet, page, releases, newer, everything=False)
        feed = with_archives(feed_of(context.catalog, facet, document), pages)
        self._feed(facet, feed, document, partial(feed_file, facet))
        people.write_newest(facet, pages, entries, self._backlog(facet), self._latency(facet))
        context.cache.keep_current(facet, pages, [one.id for one in current])
        self._remove_later_pages(facet, pages)

    def _remove_later_pages(self, facet: Facet, pages: int) -> None:
        """Delete archive pages with numbers above ``pages``, left by a newer store."""
        while self._context.is_there(part_file(facet, str(pages := pages + 1))):
            self._context.remove(part_file(facet, str(pages)))
            for kind in FORMATS:
                self._context.remove(archive_file(facet, pages, kind))

    def _archive_page(self, facet: Facet, page: int, pages: int, releases: Releases) -> None:
        entries = self._renderer.entries(facet, releases)
        feed = archive_page(
            feed_of(self._context.catalog, facet, entries), page, neighbouring_pages(page, pages)
        )
        self._feed(facet, feed, entries, partial(archive_file, facet, page))

    def _feed(
        self,
        facet: Facet,
        feed: Feed,
        entries: Sequence[RenderedEntry],
        file: Callable[[Format], str],
    ) -> None:
        for kind in FORMATS:
            if has_feed_files(facet, self._context.counts):
                self._context.write(file(kind), rendered(feed, entries, kind))
            else:
                self._context.remove(file(kind))

    def _latency(self, facet: Facet) -> str:
        """Return the sentence about a source's publication delays. It is empty for other facets."""
        if facet.source is None or not is_source(facet):
            return ""
        times = self._context.store.release_times(facet.source, limit=MAX_RELEASES)
        return latency_line(latencies(as_published(times)))

    def _backlog(self, facet: Facet) -> Sequence[RenderedEntry]:
        """Return the entries of releases that are shown on a source's page but in no feed."""
        if facet.source is None or not is_source(facet):
            return []
        found = self._context.store.backlog(facet.source, limit=MAX_FIRST_PAGE)
        return self._renderer.entries(facet, found)


def facet_files(facet: Facet) -> tuple[str, ...]:
    """Return the files of a facet: its feed in every format, and its HTML page."""
    return (*(feed_file(facet, kind) for kind in FORMATS), page_file(facet))


class FeedContents:
    """Releases of feeds, computed from the store, the archive pages and the last publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._cache = context.cache
        self._archive = context.archive

    def every(self, facet: Facet) -> Mapping[str, ReleaseSummary]:
        """Return all releases of a facet by id."""
        return {one.id: one for one in self._store.summaries(facet)}

    def current(
        self, facet: Facet, every: Mapping[str, ReleaseSummary] | None
    ) -> list[ReleaseSummary]:
        """Return a facet's releases that are not on an archive page, newest first.

        ``every`` contains all releases of the facet, if known. Otherwise the releases of the last
        publication are updated with the changes since then. If these changes are not known, all
        releases are read.
        """
        before = None
        if every is None:
            before = self._cache.current(facet, self._archive.count(facet))
        changes = self._context.changes
        if before is None or changes is None:
            return self._unpaged(facet, self.every(facet) if every is None else every)
        stay = self._store.summaries_of([one for one in before if one not in changes])
        come = [one.summary for one in changes.values() if facet in one.facets]
        return newest_first([*stay.values(), *self._unpaged(facet, {one.id: one for one in come})])

    def _unpaged(
        self, facet: Facet, releases: Mapping[str, ReleaseSummary]
    ) -> list[ReleaseSummary]:
        gone = self._archive.archived(facet, list(releases))
        return newest_first(one for one in releases.values() if one.id not in gone)

    def on_page(
        self, facet: Facet, page: int, known: Mapping[str, ReleaseSummary]
    ) -> list[ReleaseSummary]:
        """Return the releases on an archive page. Releases in ``known`` are not read again."""
        ids = self._archive.on_page(facet, page)
        others = self._store.summaries_of([one for one in ids if one not in known])
        return newest_first([*(known[one] for one in ids if one in known), *others.values()])

    def returned(self, facet: Facet, current: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
        """Return releases on archive pages that were recently edited, retracted or restored.

        Archive pages never change, so the current document repeats these releases (RFC 5005,
        section 4.1).
        """
        wanted = self._touched.get(facet, set()).difference(one.id for one in current)
        found = self._store.summaries_of(sorted(self._archive.archived(facet, sorted(wanted))))
        return newest_first(one for one in found.values() if not one.is_backlog)

    @cached_property
    def _touched(self) -> Mapping[Facet, set[str]]:
        """Ids of recently updated releases, by facet."""
        found: dict[Facet, set[str]] = {}
        for release in self._store.recently_updated(limit=RETURNING_RELEASES):
            for facet in facets_of(release):
                found.setdefault(facet, set()).add(release.id)
        return found


class ChangesSinceLastRun:
    """Changed releases since the last publication without errors, and queued facets.

    Create this object before reading the counts of facets. Otherwise, this publication and the next
    could miss an event in between.
    """

    def __init__(self, store: Store, cache: RenderCache) -> None:
        self._store = store
        self._cache = cache
        self._present = store.last_event(PUBLISHING)
        self._published = self._noted(PUBLISHED_NOTE)

    def _noted(self, name: str) -> ChangeCursor | None:
        """Return the event cursor stored as ``name`` in the cache, or None if it is unknown."""
        try:
            return msgspec.json.decode(self._cache.note(name) or b"", type=ChangeCursor)
        except msgspec.DecodeError:
            # The cursor is missing, or another version of Communique saved it.
            return None

    def queue(self) -> None:
        """Queue the facets that events changed, and move the cursor in the same transaction.

        Facets with hidden or redacted releases on archive pages are written completely. If the
        cursor is unknown, all facets are queued.
        """
        before = self._noted(QUEUED_NOTE)
        if before != self._present:
            self._cache.queue(filter(is_published, self._store.dirty_feeds(before)))
            self._cache.keep_note(QUEUED_NOTE, msgspec.json.encode(self._present))
            self._cache.queue_rewrite(filter(is_published, self._store.withheld_feeds(before)))

    @property
    def is_known(self) -> bool:
        """Whether the last publication without errors published this store."""
        return self._published is not None and self._store.has_event(self._published)

    def dirty(self) -> frozenset[Facet]:
        """Return the facets that changed since the last publication without errors."""
        return self._store.dirty_feeds(self._published)

    def changes(self) -> Mapping[str, ReleaseChange] | None:
        """Return the changed releases by id, or None if they are unknown."""
        if self._published is None:
            return None
        return self._store.changes_since(self._published, limit=MAX_CHANGES)

    def keep(self) -> None:
        """Save the cursor of the last event that this publication covers."""
        if self._published != self._present:
            self._cache.keep_note(PUBLISHED_NOTE, msgspec.json.encode(self._present))
            self._store.pass_publication(self._present, utc_now())
