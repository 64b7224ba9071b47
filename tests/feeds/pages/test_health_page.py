"""The page of health shows those first that need a look, then all by the names that it shows."""

from __future__ import annotations

import datetime as dt

from lxml import html

from data.models import Facet, HealthEvent, Source
from feeds.catalog import Catalog
from feeds.pages.health_page import told_page
from feeds.pages.renderer import PageRenderer

NAMES = {"a": "Zinc Board", "b": "alder Trust", "c": "Birch Office", "d": "Yew Council"}


def test_lines_are_in_the_order_of_the_names_that_are_shown() -> None:
    sources = {one: Source(one, name, "", "UTC") for one, name in NAMES.items()}
    catalog = Catalog("https://site.example", "Site", sources, {})
    pages = PageRenderer(catalog, {Facet(source=one): 1 for one in sources})
    failed = HealthEvent("d", False, dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "gone", "gone")  # noqa: FBT003 - its state
    page = html.fromstring(told_page(pages, {"d": failed}))
    names = page.xpath("//tbody/tr/th/a/text()")
    assert names == ["Yew Council", "alder Trust", "Birch Office", "Zinc Board"]
