"""The page of a source, a topic or a period: its newest releases, its feeds, its parts."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from data.models import Facet
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import UP, Line, with_lines
from feeds.urls import page_file


def facet_page(
    pages: PageRenderer,
    facet: Facet,
    lines: Sequence[Line],
    undated: Sequence[bytes] = (),
    *,
    latency: str = "",
    rhythm: Markup = Markup(),  # noqa: B008 - it holds nothing
    paging: Paging = ALONE,
) -> bytes:
    """The page of a facet with the lines of its newest releases.

    ``undated`` are lines of releases that are in no feed, as they have no date; they come last.
    ``latency`` says how late releases come, ``rhythm`` shows when, and ``paging`` leads to older
    ones.
    """
    catalog = pages.catalog
    file = page_file(facet)
    backlog = b"".join(undated).decode().replace(UP, "../" * file.count("/"))
    around = pages.navigation.around(facet)
    # Where older ones lie on other pages, only a calendar stands beside a list that says fewer.
    fewer = around["month"] if paging.older else len(lines) + len(undated) < around["total"]
    page = pages.render(
        "facet.html",
        file,
        facet,
        title=catalog.name(facet),
        description=catalog.texts.ngettext(
            "%(num)s press release: %(name)s. With feeds, every version and what was taken down.",
            "%(num)s press releases: %(name)s. With feeds, every version and what was taken down.",
            around["total"],
            name=catalog.name(facet),
        ),
        shown=len(lines),
        undated=len(undated),
        latency=latency,
        rhythm=rhythm,
        paging=paging,
        folded=facet.source is None and bool(fewer),
        backlog=Markup(backlog),  # noqa: S704 - made by the template of a row, which escapes
        **around,
    )
    return with_lines(page, lines, file, catalog.texts)
