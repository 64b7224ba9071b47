"""The documents of one facet: its feed in every format, archive pages, its page for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from data.models import Facet, facets_of
from data.outline import Outline
from feeds.feed import Feed, archive_page, feed_of, with_archives
from feeds.fragment import Fragment, rendered
from feeds.renderer import Renderer, Shown
from feeds.splicing import Line, Sheet, Splicer, line_of
from feeds.urls import Format, archive_file, feed_file, page_file
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
        sheet = None if everything else self._kept.sheet(number, Sheet)
        # The page that was the last until now learns what follows it.
        first = 1 if everything else max(window.pages, 1) if full else state.pages + 1
        for page in range(first, state.pages + 1):
            if page > window.pages:
                self._kept.archive(number, page, full[page - window.pages - 1])
            old = sheet if page > window.pages else None
            releases = self._kept.on_page(number, page)
            self._spliced(
                write,
                facet,
                self._page(facet, releases),
                old,
                make=partial(archive_page, feed_of(self._directory, facet, ()), page, state.pages),
                files=partial(archive_file, facet, page),
            )
            # Whoever goes on from here finds the releases that are on no page yet in the store.
            settled = Window((), max(page, window.pages), 0)
            self._pace(partial(self._kept.keep_window, number, settled))
        shown = self._renderer.shown(facet, [*order, *self._returned(facet, number, order)])
        feed, spliced = self._spliced(
            write,
            facet,
            shown,
            sheet,
            make=lambda lines: with_archives(feed_of(self._directory, facet, lines), state.pages),
            files=partial(feed_file, facet),
        )
        self._kept.keep_sheet(number, spliced)
        write(page_file(facet), self._pages.facet(feed, spliced.lines))
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

    def _page(self, facet: Facet, releases: Sequence[str]) -> list[Shown]:
        found = self._store.outlined(releases).values()
        outlines = sorted(found, key=lambda one: (-one.order, one.id))
        return self._renderer.shown(facet, outlines)

    def _spliced(
        self,
        write: Write,
        facet: Facet,
        shown: Sequence[Shown],
        before: Sheet | None,
        *,
        make: Callable[[Sequence[Line]], Feed],
        files: Callable[[Format], str],
    ) -> tuple[Feed, Sheet]:
        """Write the feed that ``make`` makes of entries, with what of them lay in it ``before``."""
        lines = self._lines(shown, before.lines if before else (), mixed=facet.source is None)
        feed = make(lines)
        sheet = self._splicer.write(
            write,
            feed,
            lines,
            before,
            load=lambda places: self._rendered([shown[place] for place in places]),
            files=files,
        )
        return feed, sheet

    def _lines(self, shown: Sequence[Shown], before: Sequence[Line], *, mixed: bool) -> list[Line]:
        """The entries of a feed; those that lay in it before are as they were."""
        same = {(line.release, line.version): line for line in before}
        known = {line.key: line for line in before}
        found: list[Line | None] = []
        fresh: dict[int, bytes] = {}
        for place, one in enumerate(shown):
            outline = one.outline
            # Most are known by their version alone, which costs less than their key.
            line = None if one.others else same.get((outline.id, outline.version))
            if line is None:
                key = self._renderer.wanted(one)[0]
                line = known.get(key)
                if line is None:
                    fresh[place] = key
            found.append(line)
        fragments = self._rendered([shown[place] for place in fresh])
        for (place, key), fragment in zip(fresh.items(), fragments, strict=True):
            outline = shown[place].outline
            version = None if shown[place].others else outline.version
            found[place] = line_of(outline.id, version, key, fragment, mixed=mixed)
        return [line for line in found if line]

    def _rendered(self, shown: Sequence[Shown]) -> list[Fragment]:
        return self._renderer.fragments([self._renderer.wanted(one) for one in shown])


def write_feed(
    write: Write, file: str, feed: Feed, fragments: Sequence[Fragment], kind: Format
) -> None:
    """Write a feed, and beside it the same as a gzip file."""
    content, packed = rendered(feed, fragments, kind)
    write(file, content)
    write(f"{file}.gz", packed)
