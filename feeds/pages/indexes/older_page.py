"""Pages of a facet's older releases, linked from the newest to the oldest page.

The first page shows the newest releases, and ``page/latest/`` the other releases of the feed
document. ``page/N/`` shows the current versions of the releases on archive page N of the feed. A
page that would be too long continues at ``page/N-2/``.
"""

from collections.abc import Sequence

from data.models import Facet
from feeds.pages.navigation import SINGLE_PAGE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import ReleaseRow, with_lines
from feeds.urls import page_file, part_file

MAX_FIRST_PAGE = 40
"""Maximum number of releases on the first page of a facet."""

MAX_OLDER_PAGE = 100
"""Maximum number of releases on an older page."""

LATEST_PAGE = "latest"
"""Name of the page after the first page, which is used in its URL."""


def older_parts(name: str, rows: Sequence[ReleaseRow]) -> list[tuple[str, Sequence[ReleaseRow]]]:
    """Split rows into named pages of at most MAX_OLDER_PAGE rows."""
    return [
        (
            f"{name}-{start // MAX_OLDER_PAGE + 1}" if start else name,
            rows[start : start + MAX_OLDER_PAGE],
        )
        for start in range(0, max(len(rows), 1), MAX_OLDER_PAGE)
    ]


def first_paging(facet: Facet, pages: int, *, has_latest: bool) -> Paging:
    """Return the paging links of a facet's first page.

    ``pages`` is the number of archive pages of the facet's feed.
    """
    oldest = part_file(facet, "1" if pages else LATEST_PAGE)
    if has_latest:
        return Paging(older=part_file(facet, LATEST_PAGE), oldest=oldest)
    return Paging(older=part_file(facet, str(pages)), oldest=oldest) if pages else SINGLE_PAGE


def newer_page(facet: Facet, page: int, pages: int, *, has_latest: bool) -> str:
    """Return the file of the next newer page, to which archive page ``page`` links.

    ``pages`` is the number of archive pages.
    """
    if page < pages:
        return part_file(facet, str(page + 1))
    return part_file(facet, LATEST_PAGE) if has_latest else page_file(facet)


def latest_pages(
    pages: PageRenderer, facet: Facet, rows: Sequence[ReleaseRow], archive_pages: int
) -> list[tuple[str, bytes]]:
    """Render the pages with the feed document's releases that the first page does not show."""
    older = part_file(facet, str(archive_pages)) if archive_pages else None
    oldest = part_file(facet, "1") if archive_pages else None
    return older_pages(pages, facet, LATEST_PAGE, rows, (page_file(facet), older, oldest))


def archive_pages(
    pages: PageRenderer, facet: Facet, page: int, rows: Sequence[ReleaseRow], newer: str
) -> list[tuple[str, bytes]]:
    """Render an archive page of a feed as HTML, split into several pages if necessary.

    ``newer`` is the file name of the next newer page.
    """
    older = part_file(facet, str(page - 1)) if page > 1 else None
    oldest = part_file(facet, "1") if page > 1 else None
    return older_pages(pages, facet, str(page), rows, (newer, older, oldest))


def older_pages(
    pages: PageRenderer,
    facet: Facet,
    name: str,
    rows: Sequence[ReleaseRow],
    beside: tuple[str, str | None, str | None],
) -> list[tuple[str, bytes]]:
    """Render rows as pages, and return the files and contents of the pages.

    ``beside`` contains the files of the newer, the older and the oldest page.
    """
    parts = older_parts(name, rows)
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
    pages: PageRenderer, facet: Facet, part: str, rows: Sequence[ReleaseRow], paging: Paging
) -> bytes:
    """Render one page of older releases, with its number of releases and range of days."""
    file = part_file(facet, part)
    days = sorted(day for day, *_ in rows if day)
    name = pages.catalog.name(facet)
    page = pages.render(
        "older.html",
        file,
        facet,
        title=name,
        part="" if part.startswith(LATEST_PAGE) else part,
        count=len(rows),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        paging=paging,
        crumbs=crumbs_of(pages, facet),
    )
    return with_lines(page, rows, file, pages.catalog.texts)


def crumbs_of(pages: PageRenderer, facet: Facet) -> list[tuple[str, str]]:
    """Return the breadcrumbs of a page of older releases."""
    above = pages.navigation.around(facet)["crumbs"] if facet != Facet() else []
    return [*above, (pages.catalog.name(facet), page_file(facet))]
