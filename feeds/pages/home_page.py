"""The first page: what this site is, its newest releases by day, and the ways to all others.

And the page that says what is true of what the site shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.models import Facet, HealthEvent
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import Line, with_lines
from feeds.pages.structured_data import website
from feeds.urls import page_file

ABOUT = "about/index.html"

SHOWN = 3
"""Failing sources that the first page names at the most."""


def purpose(pages: PageRenderer) -> str:
    """What this site is and for whom, in a sentence."""
    return pages.catalog.texts.ngettext(
        "The press releases of %(num)s institution as it issued them, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        "The press releases of %(num)s institutions as they issued them, with every correction and"
        " retraction, for people who follow, watch or cite them.",
        len(pages.navigation.sources),
    )


def about_page(pages: PageRenderer) -> bytes:
    """The page that says what is true of what the site shows."""
    return pages.render(
        "about.html",
        ABOUT,
        Facet(),
        title=pages.catalog.texts.gettext("About this site"),
        description=purpose(pages),
        hub=pages.catalog.hub,
    )


@dataclass(frozen=True, slots=True)
class Glance:
    """How the sources are that are collected, as far as was told: how many there are, which fail.

    ``failing`` are their ids, in the order of their names.
    """

    total: int
    failing: tuple[str, ...]


def glance(pages: PageRenderer, told: Mapping[str, HealthEvent]) -> Glance:
    """How the sources are by the last change that was ``told`` of each, if there was one."""
    catalog = pages.catalog
    sources = [one.source or "" for one in pages.navigation.sources]
    collected = [one for one in sources if one not in catalog.removed]
    failing = [one for one in collected if one in told and not told[one].well]
    key = catalog.texts.collation_key
    failing.sort(key=lambda one: (key(catalog.name(Facet(source=one))), one))
    return Glance(len(collected), tuple(failing))


def home_page(
    pages: PageRenderer, lines: Sequence[Line], health: Glance, *, paging: Paging = ALONE
) -> bytes:
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
        health=health,
        failing=[
            (catalog.name(one), page_file(one))
            for one in (Facet(source=source) for source in health.failing[:SHOWN])
        ],
        shown=len(lines),
        paging=paging,
        **around,
    )
    return with_lines(page, lines, page_file(facet), catalog.texts)
