"""The documents of one facet: its feed in every format, archive pages, its page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from data.models import Facet, ReleaseChange
from feeds.formats.feed import Feed, feed_of, with_archives
from feeds.publishing.archive_pages import FeedState, Part, filled, ids_of
from feeds.publishing.entry_renderer import Renderer, Wanted
from feeds.publishing.files import Checkpoint, Write, Writer
from feeds.publishing.publication import is_source
from feeds.publishing.selection import Before, FeedContents
from feeds.publishing.splicing.heads import heads_of, heads_of_page
from feeds.publishing.splicing.layout import Fresh, Run, Sheet, add
from feeds.publishing.splicing.splicer import Document, Lying, Splicer, feeds_of, files_of, rows_of
from feeds.urls import archive_file, feed_file, page_file


class Documents:
    """Makes the documents of facets, whose ``counts`` of releases are known, and has them written.

    Those before lie in the folder of ``writer``; ``changes`` are the releases that changed since,
    where that is known. A document holds ``entries`` releases at least, where there are so many.
    """

    def __init__(
        self,
        renderer: Renderer,
        writer: Writer,
        pace: Checkpoint,
        changes: Mapping[str, ReleaseChange] | None,
        *,
        counts: Mapping[Facet, int],
        entries: int,
    ) -> None:
        self._store = renderer.store
        self._directory = renderer.directory
        self._kept = renderer.kept
        self._renderer = renderer
        self._pages = renderer.pages
        self._counts = counts
        self._contents = FeedContents(renderer, changes, counts=counts, entries=entries)
        self._entries = entries
        self._pace = pace
        self._splicer = Splicer(writer)

    def write(self, facet: Facet, write: Write, *, everything: bool) -> None:
        """Write the documents of a facet that changed, or with ``everything`` all of them."""
        before = self._before(facet, everything=everything)
        number, window = before.number, before.window
        every = None
        if everything:
            every = {one.id: one for one in self._store.outlines(facet)}
        present = self._contents.unpaged(before, every)
        total = self._counts.get(facet, 0)
        state, order, full = filled(window, present, total, self._entries)
        # The page that was the last until now learns what follows it.
        first = 1 if everything else max(window.pages, 1) if full else state.pages + 1
        for page in range(first, state.pages + 1):
            lying = before.lying
            if page > window.pages:
                releases = full[page - window.pages - 1]
                self._kept.archive(number, page, ids_of(window, releases))
                runs = self._runs(before, releases)
            elif here := None if everything else self._last_page(before):
                lying = here
                runs = [range(len(here.sheet.releases))]
            else:
                runs = self._runs(before, [self._contents.on_page(before, page, every or {})])
            self._archive_page(write, before, runs, lying, page=page, pages=state.pages)
            # Whoever goes on from here finds the releases on no page yet in the store.
            pages = max(page, window.pages)
            self._pace(partial(self._kept.keep_window, number, FeedState(pages=pages)))
        self._kept.keep_sheet(number, self._document(write, before, state, order))
        if state.pages != window.pages:
            self._kept.keep_window(number, FeedState(pages=state.pages))

    def _before(self, facet: Facet, *, everything: bool) -> Before:
        """What is known of a feed; nothing but its pages is known for good."""
        number, known, sheet = self._kept.state(facet, FeedState, Sheet)
        pages = known.pages if known else 0
        if everything or sheet is None or sheet.window.pages != pages:
            return Before(facet, number, FeedState(pages=pages), None)
        return Before(facet, number, sheet.window, self._splicer.lying(files_of(facet), sheet))

    def _last_page(self, before: Before) -> Lying | None:
        """The last archive page of a feed as it lies."""
        sheet = self._kept.last_page(before.number, Sheet)
        if sheet is None:
            return None
        files = partial(archive_file, before.facet, before.window.pages)
        return self._splicer.lying(feeds_of(files), sheet)

    def _archive_page(
        self,
        write: Write,
        before: Before,
        runs: Sequence[Run],
        lying: Lying | None,
        *,
        page: int,
        pages: int,
    ) -> None:
        facet = before.facet
        files = partial(archive_file, facet, page)
        document = Document(
            facet,
            f"page {page} {pages}",
            lambda language: heads_of_page(self._feed(facet, language), page, pages),
            files,
        )
        laid = self._splicer.write(write, document, runs, lying)
        if page == pages:
            window = FeedState(laid.columns.releases)
            sheet = self._splicer.sheet(feeds_of(files), window, laid)
            self._kept.keep_last_page(before.number, sheet)

    def _document(
        self, write: Write, before: Before, state: FeedState, order: Sequence[Part]
    ) -> Sheet:
        facet = before.facet
        document = Document(
            facet,
            f"{self._directory.heading(facet)}\n{state.pages}",
            lambda language: heads_of(with_archives(self._feed(facet, language), state.pages)),
            partial(feed_file, facet),
        )
        runs = self._runs(before, [*order, self._contents.returned(before, state)])
        laid = self._splicer.write(write, document, runs, before.lying)
        rows = rows_of(runs, before.lying)
        parts, spots = self._pages.facet(facet, laid.columns.days, rows, self._backlog(facet))
        write(page_file(facet), *parts)
        return self._splicer.sheet(files_of(facet), state, laid, spots)

    def _backlog(self, facet: Facet) -> list[bytes]:
        """The lines of the releases that stand on the page of a source, but in no feed of it."""
        if facet.source is None or not is_source(facet):
            return []
        outlines = self._store.backlog(facet.source, limit=self._entries)
        wanted = [self._renderer.wanted(one) for one in self._renderer.shown(facet, outlines)]
        return [fragment.row for fragment in self._renderer.fragments(wanted)]

    def _feed(self, facet: Facet, language: str | None) -> Feed:
        return replace(feed_of(self._directory, facet, ()), language=language)

    def _runs(self, before: Before, order: Sequence[Part]) -> list[Run]:
        """The entries of these releases; those that lay in the feed before are as they were."""
        window = before.window
        known = before.lying.sheet.releases if before.lying else []
        places = {one: place for place, one in enumerate(known)}
        outlines = [one for part in order if isinstance(part, list) for one in part]
        shown = self._renderer.shown(before.facet, outlines)
        runs: dict[str, Run] = {}
        wanted: dict[str, Wanted] = {}
        for one in shown:
            release, entry = one.outline.id, self._renderer.wanted(one)
            place = places.get(release)
            if place is not None and before.lying and before.lying.sheet.key(place) == entry[0]:
                runs[release] = range(place, place + 1)
            else:
                wanted[release] = entry
        fragments = self._renderer.fragments(list(wanted.values()))
        for (release, (key, _)), fragment in zip(wanted.items(), fragments, strict=True):
            runs[release] = [Fresh(release, key, fragment)]
        found: list[Run] = []
        for part in order:
            if isinstance(part, range) and known == window.open:
                add(found, part)
            elif isinstance(part, range):
                for release in window.open[part.start : part.stop]:
                    add(found, range(places[release], places[release] + 1))
            else:
                for outline in part:
                    # One that another member of its story stands for is not shown.
                    add(found, runs.get(outline.id, []))
        return found
