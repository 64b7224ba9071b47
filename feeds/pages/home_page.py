"""The first page: what this site is, its newest releases by day, and the ways to all others.

And the page that says what is true of what the site shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data.models import Facet, HealthEvent
from feeds.pages.health_page import is_imported, shown_condition
from feeds.pages.paging import ALONE, Paging
from feeds.pages.renderer import PageRenderer
from feeds.pages.rows import Line, with_lines
from feeds.pages.structured_data import website
from feeds.urls import page_file

ABOUT = "about/index.html"

SHOWN = 3
"""Maximum number of sources with a fault that the home page names."""


def purpose(pages: PageRenderer) -> str:
    """What this site is and for whom, in a sentence."""
    if not pages.navigation.sources:
        return pages.catalog.texts.gettext(
            "The press releases of institutions as they issued them, with every correction and"
            " retraction, for people who follow, watch or cite them."
        )
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
    """The health of the sources that are collected, as far as visits have shown it.

    ``total`` is how many there are, and ``unseen`` how many have had no successful visit. Sources
    that were only imported count as ``imported``, not in the total. The ids of those that fail,
    and of those that work with a fault, are in the order of their names.
    """

    total: int
    unseen: int
    imported: int
    failing: tuple[str, ...]
    degraded: tuple[str, ...]

    @property
    def working(self) -> int:
        """How many sources work, with or without a fault."""
        return self.total - self.unseen - len(self.failing)


def glance(pages: PageRenderer, told: Mapping[str, HealthEvent], read: Collection[str]) -> Glance:
    """The health of the sources by the last change of each.

    ``read`` are the ids of the sources of which a visit has read a release.
    """
    catalog = pages.catalog
    sources = [one.source or "" for one in pages.navigation.sources]
    key = catalog.texts.collation_key
    collected = sorted(
        (one for one in sources if one not in catalog.removed),
        key=lambda one: (key(catalog.name(Facet(source=one))), one),
    )
    conditions = {one: shown_condition(told.get(one), is_read=one in read) for one in collected}
    unseen = {one for one, how in conditions.items() if how == "new"}
    imported = sum(is_imported(pages, one) for one in unseen)
    return Glance(
        len(collected) - imported,
        len(unseen) - imported,
        imported,
        tuple(one for one, how in conditions.items() if how not in {"ok", "new", "degraded"}),
        tuple(one for one, how in conditions.items() if how == "degraded"),
    )


def home_page(
    pages: PageRenderer, lines: Sequence[Line], health: Glance, *, paging: Paging = ALONE
) -> bytes:
    """The first page with the lines of the newest releases; ``paging`` leads to older ones."""
    catalog, facet = pages.catalog, Facet()
    around = pages.navigation.around(facet)
    said = purpose(pages)
    faulty = (*health.failing, *health.degraded)
    page = pages.render(
        "home.html",
        page_file(facet),
        facet,
        title=catalog.title,
        description=said,
        structured=website(catalog, said),
        health=health,
        faulty=[
            (catalog.name(one), page_file(one))
            for one in (Facet(source=source) for source in faulty[:SHOWN])
        ],
        more_faulty=max(len(faulty) - SHOWN, 0),
        shown=len(lines),
        paging=paging,
        **around,
    )
    return with_lines(page, lines, page_file(facet), catalog.texts)
