"""Select a facet's releases, and write its feeds, archive pages and HTML pages.

Archive pages of feeds never change. But their HTML counterparts show the current versions of
releases, so they are rewritten when one of their releases changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial

from markupsafe import Markup

from data.health.latency import MAX_RELEASES, as_published, latencies, latency_line
from data.models import Facet, ReleaseSummary
from data.topics.facets import facets_of
from feeds.formats.feed import Feed, archive_page, feed_of, neighbouring_pages, with_archives
from feeds.formats.rendering import RenderedEntry, rendered
from feeds.pages.charts import months_until, rhythm_charts
from feeds.pages.facet_page import (
    LATEST_PAGE,
    MAX_FIRST_PAGE,
    archive_pages,
    facet_page,
    first_paging,
    latest_pages,
    newer_page,
)
from feeds.pages.home_and_about_pages import (
    MAX_RECENT_CHANGES,
    Glance,
    RecentChange,
    glance,
    home_page,
    recent_changes,
)
from feeds.pages.renderer import ReleaseRow
from feeds.publishing.archive_pages import Releases, cut_archive_pages, newest_first
from feeds.publishing.publish_context import (
    EntryRenderer,
    PublishContext,
    digest_of,
    face,
    is_source,
)
from feeds.urls import (
    FORMATS,
    Format,
    archive_file,
    feed_file,
    has_feed_files,
    page_file,
    part_file,
)

HOME_NOTE = "home health"
"""Cache key of the digest of the home page's health summary and recent changes."""

RETURNING_RELEASES = 100
"""Maximum number of recently updated releases that are in the feed document although they are on an
archive page."""


class FeedDocuments:
    """Selects and renders the releases of facets, and writes the documents of the facets."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._renderer = renderer
        self._contents = FeedContents(context)

    def outdated(self) -> Sequence[Facet]:
        """Return facets whose HTML page is outdated although none of their releases changed."""
        noted = self._context.cache.note(HOME_NOTE)
        is_current = noted is None or noted == digest_of(self._health_and_changes())
        return [] if is_current else [Facet()]

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
        context, contents = self._context, self._contents
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
            self._write_archived(facet, page, releases, newer, everything=True)
            context.checkpoint()
        # Only now is it known which releases are on archive pages, and which of them changed
        # recently.
        returned = contents.returned(facet, current)
        document = self._renderer.entries(facet, [*current, *returned])
        entries = document[:shown]
        changed = self._changed(facet)
        older = {*(range(1, first) if changed is None else changed)}
        if (len(entries) > MAX_FIRST_PAGE) != context.is_there(part_file(facet, LATEST_PAGE)):
            # The newest archive page needs a new link to newer releases.
            older.add(pages)
        for page in sorted(older.intersection(range(1, first))):
            releases = contents.on_page(facet, page, every or {})
            newer = newer_page(facet, page, pages, has_latest=has_latest)
            self._write_archived(facet, page, releases, newer, everything=False)
        feed = with_archives(feed_of(context.catalog, facet, document), pages)
        self._feed(facet, feed, document, partial(feed_file, facet))
        self._write_newest(facet, pages, entries)
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

    def _write_newest(self, facet: Facet, pages: int, entries: Sequence[RenderedEntry]) -> None:
        """Write the first page of a facet, and the pages of other releases not on an archive page.

        ``pages`` is the number of archive pages. Releases that are not in the feed, because they
        have no date, are shown if there is room.
        """
        context = self._context
        rows = rendered_rows(entries)
        paging = first_paging(facet, pages, has_latest=len(rows) > MAX_FIRST_PAGE)
        shown = rows[:MAX_FIRST_PAGE]
        if facet == Facet():
            health, changes = self._health_and_changes()
            page = home_page(context.pages, shown, health, changes, paging=paging)
            context.cache.keep_note(HOME_NOTE, digest_of((health, changes)))
        else:
            page = facet_page(
                context.pages,
                facet,
                shown,
                [entry.row for entry in self._backlog(facet)[: MAX_FIRST_PAGE - len(shown)]],
                latency=self._latency(facet),
                rhythm=self._rhythm(facet, shown),
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
        counts = self._context.store.day_counts(facet.source, f"{months_until(max(days))[0]}-01")
        return rhythm_charts(self._context.catalog.texts, counts)

    def _health_and_changes(self) -> tuple[Glance, tuple[RecentChange, ...]]:
        """Return the health summary and the list of changes on the home page."""
        store, limit = self._context.store, MAX_RECENT_CHANGES
        return (
            glance(self._context.pages, store.last_health_events(), store.read_sources()),
            recent_changes(store.edits(limit=limit), store.retractions(limit=limit)),
        )

    def _remove_latest(self, facet: Facet, written: int) -> None:
        """Delete a facet's pages of newest releases whose numbers are above ``written``."""
        while True:
            written += 1
            file = part_file(facet, f"{LATEST_PAGE}-{written}" if written > 1 else LATEST_PAGE)
            if not self._context.is_there(file):
                return
            self._context.remove(file)

    def _changed(self, facet: Facet) -> Iterable[int] | None:
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

    def _write_archived(
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


def rendered_rows(entries: Iterable[RenderedEntry]) -> list[ReleaseRow]:
    """Return the rows of rendered entries."""
    return [ReleaseRow(entry.day, entry.row, entry.timed) for entry in entries]
