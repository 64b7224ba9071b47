"""The first page: what this site is, its newest releases by day, and the ways to all others.

And the page that says what is true of what the site shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.models import Facet
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import Line, with_lines
from feeds.pages.structured_data import website
from feeds.urls import page_file

ABOUT = "about/index.html"


def purpose(pages: PageRenderer) -> str:
    """What this site is and for whom, in a sentence."""
    return pages.catalog.texts.ngettext(
        "The press releases of %(num)s institution as it issued them, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        "The press releases of %(num)s institutions as they issued them, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        pages.navigation.source_count,
    )


def about_page(pages: PageRenderer) -> bytes:
    """The page that says what is true of what the site shows."""
    title = pages.catalog.texts.gettext("About this site")
    return pages.render("about.html", ABOUT, Facet(), title=title, description=purpose(pages))


def home_page(pages: PageRenderer, lines: Sequence[Line], *, paging: Paging = ALONE) -> bytes:
    """The first page with the lines of the newest releases; ``paging`` leads to older ones."""
    catalog, facet = pages.catalog, Facet()
    around = pages.navigation.around(facet)
    said = purpose(pages)
    page = pages.render(
        "home.html",
        page_file(facet),
        facet,
        title=catalog.title,
        description=said,
        structured=website(catalog, said),
        shown=len(lines),
        paging=paging,
        **around,
    )
    return with_lines(page, lines, page_file(facet), catalog.texts)
