"""Pages of a source, topic, period or other facet: newest releases, feeds and older releases.

The first page shows the newest releases, and ``page/latest/`` the other releases of the feed
document. ``page/N/`` shows the current versions of the releases on archive page N of the feed. A
page that would be too long continues at ``page/N-2/``.
"""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from data.models import Facet
from feeds.pages.navigation import SINGLE_PAGE, Paging
from feeds.pages.renderer import ROOT_MARK, PageRenderer, ReleaseRow, with_lines
from feeds.urls import page_file, part_file

MAX_FIRST_PAGE = 40
"""Maximum number of releases on the first page of a facet."""

MAX_OLDER_PAGE = 100
"""Maximum number of releases on an older page."""

LATEST_PAGE = "latest"
"""Name of the page after the first page, which is used in its URL."""


def facet_page(
    pages: PageRenderer,
    facet: Facet,
    lines: Sequence[ReleaseRow],
    undated: Sequence[bytes] = (),
    *,
    latency: str = "",
    rhythm: Markup = Markup(),  # noqa: B008 - immutable
    paging: Paging = SINGLE_PAGE,
) -> bytes:
    """Render the page of a facet with the rows of its newest releases.

    ``undated`` are rows of releases without a date, which come last. ``latency`` is a sentence
    about the delay of releases, and ``rhythm`` contains charts of publication times. ``paging``
    links to older releases.
    """
    catalog = pages.catalog
    file = page_file(facet)
    backlog = b"".join(undated).decode().replace(ROOT_MARK, "../" * file.count("/"))
    around = pages.navigation.around(facet)
    # The page explains folded duplicates only if a count exceeds the number of listed releases.
    has_larger_count = (
        around["month"] if paging.older else len(lines) + len(undated) < around["total"]
    )
    page = pages.render(
        "facet.html",
        file,
        facet,
        title=catalog.name(facet),
        description=catalog.texts.ngettext(
            "%(num)s press release: %(name)s. With feeds, all versions and retractions.",
            "%(num)s press releases: %(name)s. With feeds, all versions and retractions.",
            around["total"],
            name=catalog.name(facet),
        ),
        shown=len(lines),
        is_source=facet == Facet(source=facet.source),
        undated=len(undated),
        latency=latency,
        rhythm=rhythm,
        paging=paging,
        folded=facet.source is None and bool(has_larger_count),
        backlog=Markup(backlog),  # noqa: S704 - escaped by the template of a row
        **around,
    )
    return with_lines(page, lines, file, catalog.texts)


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
) -> Iterator[tuple[str, bytes]]:
    """Render the pages with the feed document's releases that the first page does not show."""
    newer = page_file(facet)
    return older_pages(pages, facet, LATEST_PAGE, rows, newer=newer, below=archive_pages)


def archive_pages(
    pages: PageRenderer, facet: Facet, page: int, rows: Sequence[ReleaseRow], newer: str
) -> Iterator[tuple[str, bytes]]:
    """Render an archive page of a feed as HTML, split into several pages if necessary.

    ``newer`` is the file name of the next newer page.
    """
    return older_pages(pages, facet, str(page), rows, newer=newer, below=page - 1)


def older_pages(
    pages: PageRenderer,
    facet: Facet,
    name: str,
    rows: Sequence[ReleaseRow],
    *,
    newer: str,
    below: int,
) -> Iterator[tuple[str, bytes]]:
    """Render rows as pages of at most MAX_OLDER_PAGE rows, and yield their files and contents.

    ``newer`` is the file of the next newer page, and ``below`` the number of older archive pages.
    """
    starts = range(0, max(len(rows), 1), MAX_OLDER_PAGE)
    parts = [name, *(f"{name}-{number}" for number in range(2, len(starts) + 1))]
    older, oldest = (part_file(facet, str(below)), part_file(facet, "1")) if below else (None, None)
    files = [newer, *(part_file(facet, part) for part in parts), older]
    for number, (part, start) in enumerate(zip(parts, starts, strict=True)):
        paging = Paging(page_file(facet), files[number], files[number + 2], oldest)
        some = rows[start : start + MAX_OLDER_PAGE]
        yield part_file(facet, part), older_page(pages, facet, part, some, paging)


def older_page(
    pages: PageRenderer, facet: Facet, part: str, rows: Sequence[ReleaseRow], paging: Paging
) -> bytes:
    """Render one page of older releases, with its number of releases and range of days."""
    file = part_file(facet, part)
    days = sorted(day for day, *_ in rows if day)
    name = pages.catalog.name(facet)
    above = pages.navigation.around(facet)["crumbs"] if facet != Facet() else []
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
        crumbs=[*above, (name, page_file(facet))],
    )
    return with_lines(page, rows, file, pages.catalog.texts)
