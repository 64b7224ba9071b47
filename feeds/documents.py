"""The documents of one facet: its feed in every format, archive pages, its page for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from data.models import Facet, facets_of
from data.outline import Change, Outline
from feeds.feed import Feed, feed_of, with_archives
from feeds.heads import heads_of, heads_of_page
from feeds.renderer import Renderer, Wanted
from feeds.sheet import Fresh, Run, Sheet, add
from feeds.splicing import Document, Lying, Splicer, rows_of
from feeds.urls import archive_file, feed_file, page_file
from feeds.window import Part, Window, filled, ids_of, is_settled, moved, newest_first, page_size
from feeds.writing import Pace, Write, Writer

AGAIN = 50
"""How many of the last edits and retractions bring an archived release back into documents."""


@dataclass(frozen=True, slots=True)
class Before:
    """A feed before it is written: its number, its state, and its documents if they are known."""

    facet: Facet
    number: int
    window: Window
    lying: Lying | None


class Documents:
    """Makes the documents of facets, whose ``counts`` of releases are known, and has them written.

    Those before lie in the folder of ``writer``; ``changes`` are the releases that changed since,
    where that is known. A document holds ``entries`` releases at least, where there are so many.
    """

    def __init__(
        self,
        renderer: Renderer,
        writer: Writer,
        pace: Pace,
        changes: Mapping[str, Change] | None,
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
        self._changes = changes
        self._entries = entries
        self._pace = pace
        self._splicer = Splicer(writer)
        self._again: dict[Facet, set[str]] | None = None

    def write(self, facet: Facet, write: Write, *, everything: bool) -> None:
        """Write the documents of a facet that changed, or with ``everything`` all of them."""
        before = self._before(facet, everything=everything)
        number, window = before.number, before.window
        present = self._moved(before, before.lying) if before.lying else None
        outlines: Mapping[str, Outline] = {}
        if everything:
            outlines = {one.id: one for one in self._store.outlines(facet)}
            present = [newest_first(self._unpaged(before, outlines))]
        elif present is None:
            present = [newest_first(self._present(before))]
        total = self._counts.get(facet, 0)
        state, order, full = filled(window, present, total, self._entries)
        # The page that was the last until now learns what follows it.
        first = 1 if everything else max(window.pages, 1) if full else state.pages + 1
        for page in range(first, state.pages + 1):
            if page > window.pages:
                releases = full[page - window.pages - 1]
                self._kept.archive(number, page, ids_of(window, releases))
                self._archive_page(write, before, releases, page, state.pages)
            else:
                on_page = self._on_page(before, page, outlines)
                self._archive_page(write, before, [on_page], page, state.pages)
            # Whoever goes on from here finds the releases on no page yet in the store.
            pages = max(page, window.pages)
            self._pace(partial(self._kept.keep_window, number, Window(pages=pages)))
        self._kept.keep_sheet(number, self._document(write, before, state, order))
        if state.pages != window.pages:
            self._kept.keep_window(number, Window(pages=state.pages))

    def _before(self, facet: Facet, *, everything: bool) -> Before:
        """What is known of a feed; nothing but its pages is known for good."""
        number, known, sheet = self._kept.state(facet, Window, Sheet)
        pages = known.pages if known else 0
        if everything or sheet is None or sheet.window.pages != pages:
            return Before(facet, number, Window(pages=pages), None)
        return Before(facet, number, sheet.window, self._splicer.lying(facet, sheet))

    def _moved(self, before: Before, lying: Lying) -> list[Part] | None:
        """The releases of a facet on no archive page, by what changed; None where that is unknown.

        Then all that the facet holds has to be looked at.
        """
        if self._changes is None:
            return None
        facet, window = before.facet, before.window
        here = [one for one in self._changes.values() if facet in one.facets]
        old = [one.outline.id for one in here if not one.is_new]
        archived = self._kept.archived(before.number, old) if old and window.pages else set()
        come = [one.outline for one in here if one.outline.id not in archived]
        # Which member of a story is shown, and beside whom, has to be looked at.
        told = set(() if facet.source else window.told)
        if window.open != lying.sheet.releases:
            told |= set(window.open).difference(lying.sheet.releases)
        told -= self._changes.keys()
        come += self._store.outlined(sorted(told)).values()
        return moved(window, self._changes.keys() | told, come, self._counts.get(facet, 0))

    def _present(self, before: Before) -> Iterable[Outline]:
        """The releases of a facet that are on none of its archive pages."""
        facet, number, window = before.facet, before.number, before.window
        limit = self._entries + page_size(self._entries)
        newest = self._store.outlines(facet, limit=limit)
        seen = {outline.id for outline in newest}
        rest = self._store.outlined([one for one in window.open if one not in seen])
        fresh = seen - set(window.open)
        fresh -= self._kept.archived(number, sorted(fresh)) if fresh else set()
        new = self._counts.get(facet, 0) - window.total
        if len(fresh) == new and is_settled(window, newest, tuple(rest.values())):
            inside = fresh | set(window.open)
            return [*(one for one in newest if one.id in inside), *rest.values()]
        return self._unpaged(before, {one.id: one for one in self._store.outlines(facet)})

    def _unpaged(self, before: Before, every: Mapping[str, Outline]) -> Iterable[Outline]:
        """Those of every release of a facet that are on none of its archive pages."""
        if not before.window.pages:
            return every.values()
        gone = self._kept.archived(before.number, list(every))
        return [outline for one, outline in every.items() if one not in gone]

    def _on_page(self, before: Before, page: int, known: Mapping[str, Outline]) -> list[Outline]:
        """The releases on an archive page."""
        ids = self._kept.on_page(before.number, page)
        others = self._store.outlined([one for one in ids if one not in known])
        return newest_first([*(known[one] for one in ids if one in known), *others.values()])

    def _returned(self, before: Before, state: Window) -> list[Outline]:
        """Archived releases that were edited or retracted of late.

        Pages never change, so these come once more by the document (RFC 5005, section 4.1).
        """
        if self._again is None:
            self._again = {}
            edited = {revision.release for revision in self._store.edits(limit=AGAIN)}
            found = [self._store.release(one) for one in sorted(edited)]
            for release in (*found, *self._store.retractions(limit=AGAIN)):
                for one in facets_of(release) if release else ():
                    self._again.setdefault(one, set()).add(release.id if release else "")
        wanted = self._again.get(before.facet, set()).difference(state.open)
        wanted &= self._kept.archived(before.number, sorted(wanted)) if wanted else set()
        return newest_first(self._store.outlined(sorted(wanted)).values())

    def _archive_page(
        self, write: Write, before: Before, order: Sequence[Part], page: int, pages: int
    ) -> None:
        facet = before.facet
        document = Document(
            facet,
            f"page {page} {pages}",
            lambda language: heads_of_page(self._feed(facet, language), page, pages),
            partial(archive_file, facet, page),
        )
        self._splicer.write(write, document, self._runs(before, order), before.lying)

    def _document(
        self, write: Write, before: Before, state: Window, order: Sequence[Part]
    ) -> Sheet:
        facet = before.facet
        document = Document(
            facet,
            f"{self._directory.heading(facet)}\n{state.pages}",
            lambda language: heads_of(with_archives(self._feed(facet, language), state.pages)),
            partial(feed_file, facet),
        )
        runs = self._runs(before, [*order, self._returned(before, state)])
        laid = self._splicer.write(write, document, runs, before.lying)
        rows = rows_of(runs, before.lying)
        parts, spots = self._pages.facet(facet, laid.columns.each_day, rows)
        write(page_file(facet), *parts)
        return self._splicer.sheet(facet, state, laid, spots)

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
