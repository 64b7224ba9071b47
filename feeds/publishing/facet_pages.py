"""HTML pages of a facet: the newest releases, and pages of older releases.

Archive pages of feeds never change. But their HTML counterparts show the current versions of
releases, so they are rewritten when one of their releases changes.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b

from markupsafe import Markup

from data.models import Facet
from feeds.archive_pages import Releases
from feeds.formats.rendering import RenderedEntry
from feeds.pages.charts import first_day, rhythm_charts
from feeds.pages.facet_page import facet_page
from feeds.pages.home_page import (
    MAX_RECENT_CHANGES,
    Glance,
    RecentChange,
    glance,
    home_page,
    recent_changes,
)
from feeds.pages.indexes.older_page import (
    LATEST_PAGE,
    MAX_FIRST_PAGE,
    archive_pages,
    first_paging,
    latest_pages,
)
from feeds.pages.rows import ReleaseRow
from feeds.publishing.publish_context import EntryRenderer, PublishContext, face
from feeds.urls import page_file, part_file

HOME_NOTE = "home health"
"""Cache key of the digest of the home page's health summary and recent changes."""


class FacetPages:
    """Writes the HTML pages of facets."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer

    def write_newest(
        self,
        facet: Facet,
        pages: int,
        entries: Sequence[RenderedEntry],
        undated: Sequence[RenderedEntry],
        latency: str,
    ) -> None:
        """Write the first page of a facet, and the pages of other releases not on an archive page.

        ``pages`` is the number of archive pages. ``undated`` are releases that are not in the feed,
        because they have no date. They are shown if there is room. ``latency`` is the sentence
        about publication delays.
        """
        context = self._context
        rows = rendered_rows(entries)
        paging = first_paging(facet, pages, has_latest=len(rows) > MAX_FIRST_PAGE)
        shown = rows[:MAX_FIRST_PAGE]
        room = max(MAX_FIRST_PAGE - len(shown), 0)
        backlog = [entry.row for entry in undated[:room]]
        if facet == Facet():
            health, changes = self._health(), self._recent_changes()
            page = home_page(context.pages, shown, health, changes, paging=paging)
            context.cache.keep_note(HOME_NOTE, home_page_digest(health, changes))
        else:
            rhythm = self._rhythm(facet, shown)
            page = facet_page(
                context.pages,
                facet,
                shown,
                backlog,
                latency=latency,
                rhythm=rhythm,
                paging=paging,
            )
        context.write(page_file(facet), page)
        written = 0
        if len(rows) > MAX_FIRST_PAGE:
            for file, content in latest_pages(context.pages, facet, rows[MAX_FIRST_PAGE:], pages):
                context.write(file, content)
                written += 1
        self._remove_latest(facet, written)

    def _rhythm(self, facet: Facet, shown: Sequence[ReleaseRow]) -> Markup:
        """Return charts of a source's releases per month and weekday, up to its newest release."""
        days = [line[0] for line in shown if line[0]]
        if facet.source is None or facet != Facet(source=facet.source) or not days:
            return Markup()
        counts = self._context.store.day_counts(facet.source, first_day(max(days)))
        return rhythm_charts(self._context.catalog.texts, counts)

    def _health(self) -> Glance:
        store = self._context.store
        return glance(self._context.pages, store.last_health_events(), store.read_sources())

    def _recent_changes(self) -> tuple[RecentChange, ...]:
        store = self._context.store
        limit = MAX_RECENT_CHANGES
        return recent_changes(store.edits(limit=limit), store.retractions(limit=limit))

    def is_home_outdated(self) -> bool:
        """Return whether the health summary or the list of changes on the home page is outdated."""
        noted = self._context.cache.note(HOME_NOTE)
        return noted is not None and noted != home_page_digest(
            self._health(), self._recent_changes()
        )

    def _remove_latest(self, facet: Facet, written: int) -> None:
        """Delete a facet's pages of newest releases whose numbers are above ``written``."""
        while True:
            written += 1
            file = part_file(facet, f"{LATEST_PAGE}-{written}" if written > 1 else LATEST_PAGE)
            if not self._context.is_there(file):
                return
            self._context.remove(file)

    def turned(self, facet: Facet, entries: Sequence[RenderedEntry]) -> bool:
        """Return whether the newest archive page needs a new link to newer releases."""
        return (len(entries) > MAX_FIRST_PAGE) != self._context.is_there(
            part_file(facet, LATEST_PAGE)
        )

    def changed(self, facet: Facet) -> Iterable[int] | None:
        """Return the numbers of a facet's archive pages with changed releases.

        Returns None if the changes are not known.
        """
        changes = self._context.changes
        if changes is None:
            return None
        ids = [
            one
            for one, facets in self._touched.items()
            # The release may have lost this topic, section or language.
            if facet in facets or facet.topic or facet.section or facet.language
        ]
        return sorted({*self._context.archive.archived(facet, ids).values()})

    @cached_property
    def _touched(self) -> dict[str, frozenset[Facet]]:
        """Facets of each changed release, and of all other releases of its story, by release id."""
        changes = self._context.changes or {}
        found = {
            member.id: change.facets
            for change in changes.values()
            for member in self._renderer.story(change.summary.story)
        }
        return {**found, **{one: change.facets for one, change in changes.items()}}

    def write_archived(
        self, facet: Facet, page: int, releases: Releases, newer: str, *, everything: bool
    ) -> None:
        """Write the HTML page for an archive page if it changed, or always with ``everything``."""
        context = self._context
        shown = self._renderer.shown(facet, releases)
        name = part_file(facet, str(page))
        faces = [(one.summary.id, one.summary.version, *map(face, one.others)) for one in shown]
        key = context.key("older", name, newer, *faces)
        if not everything and context.cache.page_keys([name]).get(name) == key:
            return
        rows = rendered_rows(self._renderer.entries(facet, releases))
        for file, content in archive_pages(context.pages, facet, page, rows, newer):
            context.write(file, content)
        context.cache.keep_page(name, key)


def home_page_digest(health: Glance, changes: Sequence[RecentChange]) -> bytes:
    """Return a digest of the health summary and the list of changes on the home page."""
    return blake2b(repr((health, changes)).encode(), digest_size=16).digest()


def rendered_rows(entries: Iterable[RenderedEntry]) -> list[ReleaseRow]:
    """Return the rows of rendered entries."""
    return [ReleaseRow(entry.day, entry.row, entry.timed) for entry in entries]
