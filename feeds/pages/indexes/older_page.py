"""Pages of older releases, and the links from the newest to the first one.

The first page of a facet shows its newest releases, ``page/latest/`` what else its feed holds, and
``page/N/`` those of the archive page of that number, as they are today. Where one of these would
hold too many for a page, ``page/N-2/`` goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.models import Facet
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import Line, with_lines
from feeds.urls import page_file, part_file

FIRST = 40
"""Releases on the first page of a facet at the most."""

MOST = 100
"""Releases on an older page at the most."""

LATEST = "latest"


def parts_of(name: str, rows: Sequence[Line]) -> list[tuple[str, Sequence[Line]]]:
    """Lines on as many pages as they need, with the name of each."""
    return [
        (f"{name}-{start // MOST + 1}" if start else name, rows[start : start + MOST])
        for start in range(0, max(len(rows), 1), MOST)
    ]


def first_paging(facet: Facet, pages: int, *, has_latest: bool) -> Paging:
    """Where the first page of a facet leads to, whose feed has so many archive pages."""
    oldest = part_file(facet, "1" if pages else LATEST)
    if has_latest:
        return Paging(older=part_file(facet, LATEST), oldest=oldest)
    return Paging(older=part_file(facet, str(pages)), oldest=oldest) if pages else ALONE


def newer_page(facet: Facet, page: int, pages: int, *, has_latest: bool) -> str:
    """The file of newer releases than those on one of so many archive pages."""
    if page < pages:
        return part_file(facet, str(page + 1))
    return part_file(facet, LATEST) if has_latest else page_file(facet)


def latest_pages(
    pages: PageRenderer, facet: Facet, rows: Sequence[Line], archive_pages: int
) -> list[tuple[str, bytes]]:
    """The files of what the feed of a facet holds beside its first page, in their order."""
    older = part_file(facet, str(archive_pages)) if archive_pages else None
    oldest = part_file(facet, "1") if archive_pages else None
    return older_pages(pages, facet, LATEST, rows, (page_file(facet), older, oldest))


def archive_pages(
    pages: PageRenderer, facet: Facet, page: int, rows: Sequence[Line], newer: str
) -> list[tuple[str, bytes]]:
    """The files of the releases on an archive page of a facet's feed; ``newer`` is a file."""
    older = part_file(facet, str(page - 1)) if page > 1 else None
    oldest = part_file(facet, "1") if page > 1 else None
    return older_pages(pages, facet, str(page), rows, (newer, older, oldest))


def older_pages(
    pages: PageRenderer,
    facet: Facet,
    name: str,
    rows: Sequence[Line],
    beside: tuple[str, str | None, str | None],
) -> list[tuple[str, bytes]]:
    """Files of lines with what each holds; ``beside`` them are a newer, an older, the oldest."""
    parts = parts_of(name, rows)
    newer, older, oldest = beside
    names = [newer, *(part_file(facet, part) for part, _ in parts), older]
    return [
        (
            part_file(facet, part),
            older_page(
                pages,
                facet,
                part,
                some,
                Paging(page_file(facet), names[number], names[number + 2], oldest),
            ),
        )
        for number, (part, some) in enumerate(parts)
    ]


def older_page(
    pages: PageRenderer, facet: Facet, part: str, rows: Sequence[Line], paging: Paging
) -> bytes:
    """One page of older releases, with how many it shows and of which days."""
    file = part_file(facet, part)
    days = sorted(day for day, *_ in rows if day)
    name = pages.catalog.name(facet)
    page = pages.render(
        "older.html",
        file,
        facet,
        title=name,
        part="" if part.startswith(LATEST) else part,
        count=len(rows),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        paging=paging,
        crumbs=crumbs_of(pages, facet),
    )
    return with_lines(page, rows, file, pages.catalog.texts)


def crumbs_of(pages: PageRenderer, facet: Facet) -> list[tuple[str, str]]:
    """The way down to older releases of a facet."""
    above = pages.navigation.around(facet)["crumbs"] if facet != Facet() else []
    return [*above, (pages.catalog.name(facet), page_file(facet))]
