"""Publication of the site: renders and writes the feeds and pages that changed."""

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data.errors import PublishError, StoreError
from data.files import FileWriter
from data.models import Facet
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import catalog_of, single_pages_of
from feeds.pages.directories import FEEDS_FILE, feeds_pages
from feeds.pages.home_and_about_pages import BotFacts
from feeds.pages.renderer import PageRenderer
from feeds.publishing.archive_pages import ArchivePages
from feeds.publishing.event_documents import EventFeeds, EventPages
from feeds.publishing.feed_documents import FeedDocuments
from feeds.publishing.publish_context import (
    ChangesSinceLastRun,
    EntryRenderer,
    Publication,
    PublishContext,
    is_day,
    is_month,
    is_source,
    place,
)
from feeds.publishing.release_pages import DuePage, ReleasePages
from feeds.publishing.removals import (
    LostFiles,
    UnknownFiles,
    emptied_facets,
    gone_sources,
    remove_facets,
    remove_hidden,
    remove_sources,
)
from feeds.publishing.render_cache import RenderCache
from feeds.publishing.site_files import (
    COUNTED_FOLDERS,
    DIRECTORY_FOLDERS,
    SITEMAP_FILE,
    Generators,
    Sitemaps,
    catalog_names,
    counted_pages,
    layout_of,
    left_over,
    listing_of,
    names_changed,
    site_files,
    used_by_pages,
)
from feeds.urls import (
    EVENT_FEEDS,
    STORIES_FOLDER,
    event_file,
    feed_file,
    is_feed,
    is_published,
    name_of,
    release_file,
)

LAYOUT_FILE = ".layout"
"""File with a digest of settings, templates and code, and with the names of sources and topics. If
the digest changes, or a name changes or disappears, the whole site is rendered again."""

FILES_PER_SYNC = 2000
"""Maximum number of files written between two syncs to disk within a batch."""

FACETS_PER_BATCH = 64
"""Number of facets written per batch. Progress is saved after each batch."""


def publish(
    store: Store,
    folder: Path,
    site: SiteSettings,
    *,
    all: bool = False,  # noqa: A002 - the name of the command's option
    cache: Path | None = None,
    now: dt.datetime | None = None,
    from_journal: bool = False,
    bot: BotFacts | None = None,
) -> Publication:
    """Update the site in ``folder`` from the store.

    Renders only the facets that events changed since the last publication. Renders all facets with
    ``all``, the first time, and after a change of settings, names, templates or code. A failed feed
    or page is reported in ``errors``, keeps its last good file, and is tried again next time. If a
    full rendering fails, the next run continues with the rest. Deleted feed files are restored, but
    deleted HTML pages only with ``all``.

    ``cache`` is the file of rendered entries, with the cursor of the last handled event; without
    it, all facets are rendered. ``now`` decides which days are over. Set ``from_journal`` if a
    journal contains the archive pages and finished days of later publications; this run then does
    not store them. ``bot`` describes our visits for owners of sites. Raises StoreError, and
    DamagedCacheError if the cache is damaged.
    """
    started = time.perf_counter()
    rendered = RenderCache(cache)
    try:
        now = now or dt.datetime.now(dt.UTC)
        task = PublicationRun(
            store, folder, site, rendered, now, bot=bot, from_journal=from_journal
        )
        task.run(everything=all, remembers=cache is not None)
        rendered.tidy()
        rendered.commit()
    finally:
        rendered.close()
    return Publication(
        feeds=len(task.written) + task.unchanged,
        written=len(task.written),
        unchanged=task.unchanged,
        seconds=time.perf_counter() - started,
        errors=tuple(task.errors),
        files=tuple(task.written),
        rewritten=task.rewritten,
    )


class PublicationRun:
    """One run of a publication: renders, writes and counts files."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        site: SiteSettings,
        cache: RenderCache,
        now: dt.datetime,
        *,
        bot: BotFacts | None,
        from_journal: bool,
    ) -> None:
        secrets = store.secrets()
        self._since = ChangesSinceLastRun(store, cache)
        self._since.queue()
        store = self._store = store.public_view()
        self._cache = cache
        self._now = now
        self._counts = store.facets()
        self._published = [*filter(is_published, self._counts)]
        self._bot = bot
        self._layout = layout_of(site, secrets.mark, bot)
        self._writer = FileWriter(folder)
        self._catalog = catalog_of(store, site)
        single_pages = single_pages_of(store, self._catalog, self._counts)
        self._pages = PageRenderer(self._catalog, self._counts, single_pages)
        self._archive = ArchivePages(store, keeps=not from_journal)
        context = PublishContext(
            store=store,
            catalog=self._catalog,
            pages=self._pages,
            archive=self._archive,
            cache=cache,
            counts=self._counts,
            changes=self._since.changes(),
            entries=site.entries,
            max_bytes=site.max_feed_bytes,
            layout=self._layout,
            write=self._write,
            checkpoint=self._checkpoint,
            is_there=lambda name: (folder / name).is_file(),
            remove=self._writer.remove,
        )
        renderer = EntryRenderer(context)
        self._documents = FeedDocuments(context, renderer)
        self._event_feeds = EventFeeds(context, renderer, keeps_days=not from_journal)
        self._event_pages = EventPages(context)
        self._context = context
        self._sitemaps = Sitemaps(context)
        self._releases = ReleasePages(context, renderer)
        self._failed = False
        self._queued: dict[Facet, bool] = {}
        self._lost = LostFiles(folder, cache)
        self.written: list[str] = []
        self.unchanged = 0
        self.rewritten = False
        self.errors: list[PublishError] = []

    def run(self, *, everything: bool, remembers: bool) -> None:
        """Write all changed facets, or all facets with ``everything``."""
        names = catalog_names(self._catalog)
        layout, _, known = self._shape().partition(b"\n")
        reshaped = layout != self._layout or names_changed(known, names)
        if reshaped:
            self._cache.clear()
            # On a very large site the first pages need these files an hour before the last page is
            # written.
            with self._all_or_nothing():
                self._make(used_by_pages())
        self._releases.save_former_links()
        folder = self._writer.folder
        with self._tried("releases"):
            remove_hidden(self._store, self._context.changes, folder)
        unknown = UnknownFiles(self._store, folder)
        if not self._since.is_known:
            with self._tried("feeds"):
                unknown.find()
        self.rewritten = everything or reshaped or unknown.are_found
        if self.rewritten:
            self._cache.queue_rewrite({Facet(), *self._published, *self._cache.queued()})
        elif switched := self._documents.switched(self._published):
            self._cache.queue_rewrite(switched)
        with self._tried("releases"):
            unknown.remove_releases(self._cache)
        gone = gone_sources(self._store)
        with self._tried("sources"):
            remove_sources(gone, folder, self._cache)
        emptied = emptied_facets(self._cache.queued(), self._counts, unknown.facets)
        with self._tried("facets"):
            remove_facets(emptied, folder, self._cache)
        lost = self._lost.missed(self._published)
        self._queued = self._cache.queued()
        self._cache.done(one for one in self._queued if one.source in gone)
        # The files are deleted, so the cache must not list them even if the publication fails.
        self._cache.commit()
        dirty = {*self._queued, *lost, *self._documents.outdated()} - emptied
        facets = sorted((one for one in dirty if one.source not in gone), key=place)
        for start in range(0, len(facets), FACETS_PER_BATCH):
            with self._all_or_nothing():
                self._batch(facets[start : start + FACETS_PER_BATCH])
        if facets or remembers:
            with self._all_or_nothing():
                self._write_elsewhere()
            with self._all_or_nothing():
                self._write_events()
        if not self.errors:
            self._since.keep()
            self._lost.keep([*facets, *emptied])
            shape = self._layout + b"\n" + names
            if shape != self._shape():
                with self._all_or_nothing():
                    self._writer.write(LAYOUT_FILE, shape)

    def _shape(self) -> bytes:
        """Return the content of the layout file, or no bytes if it is missing or unreadable.

        This hidden file may remain if a person empties the folder. So it counts as missing if the
        home page is missing.
        """
        folder = self._writer.folder
        try:
            return (folder / LAYOUT_FILE).read_bytes() if (folder / "index.html").is_file() else b""
        except OSError:
            return b""

    def _batch(self, facets: Sequence[Facet]) -> None:
        done = [facet for facet in facets if self._facet(facet)]
        # The facet of all releases is last, so it also covers the pages that list all feeds.
        if Facet() in facets and not self._write_site_files():
            done.clear()
        self._cache.done(done)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Flush the files of a ``with`` block to disk. If this fails, restore the previous files.

        If the store fails, its error propagates, which ends the publication.
        """
        written, unchanged = len(self.written), self.unchanged
        try:
            yield
            if not self._failed:
                errors = len(self.errors)
                with self._tried("."):
                    self._writer.flush()
                if len(self.errors) == errors:
                    self._archive.keep()
                    self._cache.commit()
                    return
        except BaseException:
            self._writer.drop()
            raise
        self._failed = False
        self._archive.drop()
        self._writer.drop()
        self._cache.rollback()
        del self.written[written:]
        self.unchanged = unchanged

    def _facet(self, facet: Facet) -> bool:
        """Write the documents of a facet, and return whether all were written.

        The documents of a day include the pages of its releases, and the documents of a source
        include the pages of its undated releases.
        """
        failed, every = len(self.errors), self._queued.get(facet, False)
        with self._tried(feed_file(facet, "atom")):
            self._documents.write(facet, everything=every)
        if len(self.errors) > failed:
            self._archive.drop(facet)
        if is_day(facet) or is_source(facet):
            self._write_releases(self._releases.due(facet, everything=every))
        if is_month(facet):
            month = facet.period or ""
            with self._tried(f"sitemaps/{month}.xml"):
                self._sitemaps.write_month(month)
        return len(self.errors) == failed

    def _write_releases(self, due: Iterable[DuePage]) -> None:
        for one in due:
            with self._tried(release_file(one.shown.summary.id)):
                self._releases.write(one)

    def _write_elsewhere(self) -> None:
        """Write the pages of stories, and the pages of releases that link to changed releases."""
        if not self.rewritten:
            dirty = () if self._releases.knows_changes else self._since.dirty()
            self._write_releases(self._releases.due_elsewhere(dirty))
        if self.rewritten or not self._releases.knows_changes:
            for folder in (self._writer.folder / STORIES_FOLDER).glob("*"):
                self._releases.stories.write(name_of(folder.name))
        if not self.errors:
            self._releases.delete_former_links()

    def _write_events(self) -> None:
        """Write the event feeds and pages that changed."""
        for event in EVENT_FEEDS:
            with self._tried(event_file(event, "atom")):
                self._event_feeds.write(event, self._now)
        pages = self._event_pages
        for write in (pages.write_changes, pages.write_retractions, pages.write_health):
            with self._tried(write.__name__.removeprefix("write_")):
                write()

    def _write_site_files(self) -> bool:
        """Write index pages and static files, and return whether all were written."""
        failed, folder = len(self.errors), self._writer.folder
        listing = listing_of(self._layout, catalog_names(self._catalog), self._published)
        files = site_files(self._catalog, self._published, self._pages, self._bot)
        if self._cache.note("listing") == listing and (folder / FEEDS_FILE).is_file():
            files = {name: make for name, make in files.items() if not (folder / name).is_file()}
        else:
            self._index(dict(feeds_pages(self._pages)), DIRECTORY_FOLDERS)
            with self._tried("sitemaps/pages.xml"):
                self._sitemaps.write_pages(self._pages)
        self._make(files)
        self._index(counted_pages(self._store, self._pages), COUNTED_FOLDERS)
        undated = self._queued.get(Facet()) or self._context.has_undated_changes
        with self._tried(SITEMAP_FILE):
            self._sitemaps.write_index(self._counts, undated=undated)
        if len(self.errors) > failed:
            return False
        self._cache.keep_note("listing", listing)
        return True

    def _index(self, files: Generators, places: tuple[str, ...]) -> None:
        """Write index pages, and delete old pages that no longer belong to the index."""
        self._make(files)
        for name in [*left_over(self._writer.folder, places, files)]:
            with self._tried(name):
                self._writer.remove(name)

    def _make(self, files: Generators) -> None:
        for name, make in files.items():
            with self._tried(name):
                self._write(name, make())

    def _checkpoint(self) -> None:
        """Flush files to disk and save progress if many files wait to be flushed."""
        if self._writer.waiting < FILES_PER_SYNC:
            return
        try:
            self._writer.flush()
        except OSError:
            # The waiting files are lost, so the cached values since the last sync are wrong.
            self._failed = True
            raise
        self._archive.keep()
        self._cache.checkpoint()

    def _write(self, file: str, content: bytes) -> bool:
        changed = self._writer.write(file, content)
        if is_feed(file):
            if changed:
                self.written.append(file)
            else:
                self.unchanged += 1
        return changed

    @contextmanager
    def _tried(self, file: str) -> Iterator[None]:
        """Report exceptions in a ``with`` block, except StoreError, as errors of ``file``."""
        try:
            with self._cache.part():
                yield
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one failure must not stop the other files
            self.errors.append(PublishError(file, f"{type(error).__name__}: {error}"))
