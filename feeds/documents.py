"""The documents of one facet: its feed in every format, archive pages, its page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from data.models import Facet, facets_of
from data.outline import Outline
from feeds.feed import Feed, archive_page, feed_of, with_archives
from feeds.fragment import Fragment, rendered
from feeds.renderer import Renderer, Shown
from feeds.splicing import Line, Sheet, Splicer, line_of
from feeds.urls import FORMATS, Format, archive_file, page_file
from feeds.window import Window, filled, is_settled, page_size
from feeds.writing import Pace, Write

AGAIN = 50
"""How many of the last edits and retractions bring an archived release back into documents."""


class Documents:
    """Makes the documents of facets, whose ``counts`` of releases are known, and has them written.

    Those before lie in ``folder``. A document holds ``entries`` releases at least, where there are
    so many.
    """

    def __init__(
        self,
        renderer: Renderer,
        folder: Path,
        pace: Pace,
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
        self._entries = entries
        self._pace = pace
        self._splicer = Splicer(folder)
        self._again: dict[Facet, set[str]] | None = None

    def write(self, facet: Facet, write: Write, *, everything: bool) -> None:
        """Write the documents of a facet that changed, or with ``everything`` all of them."""
        number, before = self._kept.window(facet, Window)
        window = before or Window()
        present = self._present(facet, number, window, everything=everything or before is None)
        state, order, full = filled(window, present, self._counts.get(facet, 0), self._entries)
        # The page that was the last until now learns what follows it.
        first = 1 if everything else max(window.pages, 1) if full else state.pages + 1
        for page in range(first, state.pages + 1):
            if page > window.pages:
                self._kept.archive(number, page, full[page - window.pages - 1])
            self._write_page(write, facet, page, state.pages, self._kept.on_page(number, page))
            # Whoever goes on from here finds the releases that are on no page yet in the store.
            settled = Window((), max(page, window.pages), 0)
            self._pace(partial(self._kept.keep_window, number, settled))
        shown = self._renderer.shown(facet, [*order, *self._returned(facet, number, order)])
        sheet = None if everything else self._kept.sheet(number, Sheet)
        lines = self._lines(facet, shown, sheet.lines if sheet else ())
        feed = with_archives(feed_of(self._directory, facet, lines), state.pages)
        spliced = self._splicer.write(
            write,
            feed,
            lines,
            sheet,
            lambda places: self._rendered([shown[place] for place in places]),
        )
        self._kept.keep_sheet(number, spliced)
        write(page_file(facet), self._pages.facet(feed, lines))
        self._kept.keep_window(number, state)

    def _present(
        self, facet: Facet, number: int, window: Window, *, everything: bool
    ) -> Sequence[Outline]:
        """The releases of a facet that are on none of its archive pages."""
        if not everything:
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
        found = self._store.outlines(facet)
        gone = self._kept.archived(number, [one.id for one in found]) if window.pages else set()
        return [one for one in found if one.id not in gone]

    def _returned(self, facet: Facet, number: int, order: Sequence[Outline]) -> list[Outline]:
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
        wanted = self._again.get(facet, set()) - {outline.id for outline in order}
        wanted &= self._kept.archived(number, sorted(wanted)) if wanted else set()
        outlines = self._store.outlined(sorted(wanted)).values()
        return sorted(outlines, key=lambda one: (-one.order, one.id))

    def _write_page(
        self, write: Write, facet: Facet, page: int, pages: int, releases: Sequence[str]
    ) -> None:
        outlines = sorted(
            self._store.outlined(releases).values(), key=lambda one: (-one.order, one.id)
        )
        fragments = self._rendered(self._renderer.shown(facet, outlines))
        made = archive_page(feed_of(self._directory, facet, ()), page, pages, fragments)
        for kind in FORMATS:
            write_feed(write, archive_file(facet, page, kind), made, fragments, kind)

    def _lines(self, facet: Facet, shown: Sequence[Shown], before: Sequence[Line]) -> list[Line]:
        """The entries of a feed, those that are as they were before as its sheet has them."""
        by_release = {line.release: line for line in before}
        by_key = {line.key: line for line in before}
        found: dict[int, Line] = {}
        fresh: list[int] = []
        for place, one in enumerate(shown):
            line = by_release.get(one.outline.id)
            if line is None or one.others or line.version != one.outline.version:
                line = by_key.get(self._renderer.wanted(one)[0])
            if line:
                found[place] = line
            else:
                fresh.append(place)
        fragments = self._rendered([shown[place] for place in fresh])
        for place, fragment in zip(fresh, fragments, strict=True):
            one = shown[place]
            found[place] = line_of(
                one.outline.id,
                None if one.others else one.outline.version,
                self._renderer.wanted(one)[0],
                fragment,
                mixed=facet.source is None,
            )
        return [found[place] for place in range(len(shown))]

    def _rendered(self, shown: Sequence[Shown]) -> list[Fragment]:
        return self._renderer.fragments([self._renderer.wanted(one) for one in shown])


def write_feed(
    write: Write, file: str, feed: Feed, fragments: Sequence[Fragment], kind: Format
) -> None:
    """Write a feed, and beside it the same as a gzip file."""
    content, packed = rendered(feed, fragments, kind)
    write(file, content)
    write(f"{file}.gz", packed)
