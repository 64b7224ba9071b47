"""Writes the site: the feeds and pages that a change touches, and nothing else."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from data.errors import PublishError, StoreError
from data.models import Facet
from data.settings import Site
from data.store.protocol import ReadStore
from feeds.catalog import catalog_of
from feeds.pages.renderer import PageRenderer
from feeds.publishing.entry_renderer import Renderer, Wanted
from feeds.publishing.event_feeds import EventFeeds
from feeds.publishing.feed_documents import Documents
from feeds.publishing.files import Bytes, Writer
from feeds.publishing.lost_files import LostFiles
from feeds.publishing.publication import Publication, batches, is_day, is_source, place
from feeds.publishing.release_pages import ReleasePages
from feeds.publishing.render_cache import RenderCache
from feeds.publishing.selection import ChangesSinceLastRun
from feeds.publishing.site_files import SiteFiles, layout_of, listing_of, names_changed, names_of
from feeds.urls import FORMATS, EventFeed, event_file, feed_file, release_file

Result = TypeVar("Result")

LAYOUT_FILE = ".layout"
"""Holds a digest of all that shapes the site but its releases; a new one renders everything."""

SUFFIXES = tuple(f".{kind}" for kind in FORMATS)

WAITING = 2000
"""Files that wait for the disk at the most before what was done is kept."""

TOGETHER = 64
"""Facets that are written before the disk is waited for, and what was done is kept."""


def publish(
    store: ReadStore,
    folder: Path,
    site: Site,
    *,
    all: bool = False,  # noqa: A002 - the name of the command's option
    kept: Path | None = None,
    now: dt.datetime | None = None,
) -> Publication:
    """Bring the site in ``folder`` up to date with the store.

    Only the facets that the store marks as changed are rendered, or every facet with ``all``, the
    first time, and after a change of settings, names, templates or code. What fails is reported in
    ``errors``, keeps its last good file and its mark, and stops nothing else; where every facet was
    to be rendered, the next run goes on with those that were not. A feed's file that somebody took
    away comes back; a page for people with ``all`` only. ``kept`` is the file of what is
    kept between runs; without one, all is made anew and days are as of today. ``now`` decides which
    days are over. Raises StoreError, which is Damaged where that file is.
    """
    started = time.perf_counter()
    rendered = RenderCache(kept)
    try:
        task = Publishing(store, folder, site, rendered, now or dt.datetime.now(dt.UTC))
        task.run(everything=all, remembers=kept is not None)
        rendered.tidy()
    finally:
        rendered.close()
    return Publication(
        feeds=len(task.written) + task.unchanged,
        written=len(task.written),
        unchanged=task.unchanged,
        seconds=time.perf_counter() - started,
        errors=tuple(task.errors),
        files=tuple(task.written),
    )


class Publishing:
    """One run of publish: renders and writes, and keeps count."""

    def __init__(
        self, store: ReadStore, folder: Path, site: Site, rendered: RenderCache, now: dt.datetime
    ) -> None:
        self._store = store
        self._rendered = rendered
        self._now = now
        self._since = ChangesSinceLastRun(store, rendered)
        self._marks, self._counts = store.marks(), store.facets()
        self._layout = layout_of(site)
        self._writer = Writer(folder)
        self._directory = catalog_of(store, site)
        self._pages = PageRenderer(self._directory, self._counts)
        renderer = Renderer(store, self._directory, rendered, self._pages, self._layout)
        changes = self._since.changes()
        self._documents = Documents(
            renderer, self._writer, self._pace, changes, counts=self._counts, entries=site.entries
        )
        self._notices = EventFeeds(renderer, site.entries)
        self._releases = ReleasePages(renderer, self._pace, changes)
        self._failed = False
        self._owed: set[Facet] = set()
        self._tending = LostFiles(folder, rendered)
        self.written: list[str] = []
        self.unchanged = 0
        self.errors: list[PublishError] = []

    def run(self, *, everything: bool, remembers: bool) -> None:
        """Write all that is marked, or everything."""
        names = names_of(self._directory)
        every = everything or not self._writer.holds(LAYOUT_FILE, self._layout)
        if remembers and self._is_reshaped(names):
            every = True
            self._rendered.clear()
        if every:
            self._rendered.owe({Facet(), *self._counts, *self._marks})
        lost = self._tending.missed(self._counts)
        self._owed = self._rendered.owed()
        facets = self._owed.union(self._marks, lost)
        for some in batches(sorted(facets, key=place), TOGETHER):
            self._batch(some)
        if facets or remembers:
            self._together(self._notice)
        if not self.errors:
            self._rendered.keep_note("names", names)
            self._rendered.keep_note("layout", self._layout)
            self._since.keep()
            self._tending.keep(facets)
            if every:
                self._together(lambda: self._writer.write(LAYOUT_FILE, self._layout))

    def _is_reshaped(self, names: bytes) -> bool:
        layout, known = self._rendered.note("layout"), self._rendered.note("names")
        return layout != self._layout or names_changed(known, names)

    def _batch(self, facets: Sequence[Facet]) -> None:
        done: list[Facet] = []

        def write() -> None:
            done.extend(filter(self._facet, facets))
            # All releases come last, so that their mark stands for what lists all feeds as well.
            if Facet() in facets and not self._lists():
                done.clear()
            self._rendered.paid(self._owed.intersection(done))

        if self._together(write):
            self._store.unmark({one: self._marks[one] for one in done if one in self._marks})

    def _together(self, write: Callable[[], object]) -> bool:
        """Write some files and make them durable; where that fails, all stay as they were."""
        written, unchanged = len(self.written), self.unchanged
        try:
            write()
            if not self._failed and self._tried(".", self._writer.flush) is not None:
                self._rendered.commit()
                return True
        except StoreError:
            self._writer.drop()
            raise
        self._failed = False
        self._writer.drop()
        self._rendered.rollback()
        del self.written[written:]
        self.unchanged = unchanged
        return False

    def _facet(self, facet: Facet) -> bool:
        """Write the feeds and pages of a facet, and of a day the pages of its releases too.

        Of a source, those of its releases without a day.
        """
        failed, every = len(self.errors), facet in self._owed
        file = feed_file(facet, "atom")
        self._tried(file, lambda: self._documents.write(facet, self._write, everything=every))
        if is_day(facet) or is_source(facet):
            for shown, key in self._releases.due(facet, everything=every):
                page = partial(self._releases.write, shown, key, self._write)
                self._tried(release_file(shown.outline.id), page)
        return len(self.errors) == failed

    def _notice(self) -> None:
        """Write the feeds about releases, where their entries are others than before."""
        notices: dict[EventFeed, Callable[[], list[Wanted]]] = {
            "changes": self._notices.changes,
            "retractions": self._notices.retractions,
            "health": lambda: self._notices.health(self._counts),
            "days": lambda: self._notices.days(self._counts, self._now),
        }
        for notice, wanted in notices.items():

            def write(
                notice: EventFeed = notice, wanted: Callable[[], list[Wanted]] = wanted
            ) -> None:
                self._notices.write(notice, wanted(), self._write)

            self._tried(event_file(notice, "atom"), write)

    def _lists(self) -> bool:
        """Write what lists all feeds, and what all pages use; False where any of it failed."""
        failed = len(self.errors)
        listing = listing_of(self._layout, names_of(self._directory), self._counts)
        lists = SiteFiles(self._directory, self._counts, self._pages)
        if self._rendered.note("listing") == listing:
            lists.forget_there(self._writer.folder)
        for name, make in lists.files.items():
            self._tried(name, partial(self._made, name, make))
        if len(self.errors) > failed:
            return False
        self._rendered.keep_note("listing", listing)
        return True

    def _made(self, file: str, make: Callable[[], bytes]) -> bool:
        return self._write(file, make())

    def _pace(self, settle: Callable[[], None]) -> None:
        """Within a part, where very many files wait: ``settle`` what they are of, keep all that."""
        if self._writer.waiting < WAITING:
            return
        settle()
        try:
            self._writer.flush()
        except OSError:
            # All that waited is dropped, and what was noted of it since the last time is wrong.
            self._failed = True
            raise
        self._rendered.checkpoint()

    def _write(self, file: str, /, *content: Bytes) -> bool:
        changed = self._writer.write(file, *content)
        if file.endswith(SUFFIXES):
            if changed:
                self.written.append(file)
            else:
                self.unchanged += 1
        return changed

    def _tried(self, file: str, action: Callable[[], Result]) -> Result | None:
        try:
            with self._rendered.part():
                return action()
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go on
            self.errors.append(PublishError(file, f"{type(error).__name__}: {error}"))
            return None
