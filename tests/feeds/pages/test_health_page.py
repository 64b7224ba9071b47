"""The page of health shows sources that need attention first, then sorts by displayed name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from lxml import html

from data.models import Facet, HealthEvent, Source
from feeds.catalog import Catalog
from feeds.pages.health_page import recorded_health_page
from feeds.pages.renderer import PageRenderer

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
URL = "https://harbour.example/news/"
NAMES = {"a": "Zinc Board", "b": "alder Trust", "c": "Birch Office", "d": "Yew Council"}


def lead(page: bytes) -> str:
    return str(html.fromstring(page).xpath("string(//p[@class='lead'])"))


def test_a_static_page_claims_nothing_about_sources_that_no_visit_has_read() -> None:
    sources = {one: Source(one, name, URL, "UTC") for one, name in NAMES.items()}
    catalog = Catalog("https://site.example", "Site", sources, {})
    pages = PageRenderer(catalog, {Facet(source=one): 1 for one in sources})
    fault = HealthEvent("c", False, NOON, "its feed can't be read", "ok", "feed.unread")  # noqa: FBT003 - its state
    page: Any = html.fromstring(recorded_health_page(pages, {"c": fault}, {"a"}))
    states = {row.xpath("string(th)"): row.xpath("string(td)") for row in page.xpath("//tbody/tr")}
    assert states == {
        "Birch Office": "works but has a fault",
        "alder Trust": "new",
        "Yew Council": "new",
        "Zinc Board": "ok",
    }
    assert "1 of 4 sources need attention" in lead(recorded_health_page(pages, {"c": fault}, {"a"}))
    assert "3 of 4 sources have not had a successful visit yet" in lead(
        recorded_health_page(pages, {}, {"a"})
    )
    assert "All 4 sources are healthy" in lead(recorded_health_page(pages, {}, NAMES))


def test_imported_sources_are_not_counted_as_unvisited() -> None:
    addresses = {"a": URL, "b": "", "c": "", "d": ""}
    sources = {one: Source(one, name, addresses[one], "UTC") for one, name in NAMES.items()}
    catalog = Catalog("https://site.example", "Site", sources, {})

    def said(*shown: str) -> str:
        counts = {Facet(source=one): 1 for one in shown}
        return lead(recorded_health_page(PageRenderer(catalog, counts), {}, {"a"}))

    assert "The source is healthy. 2 sources were imported and are not visited." in said(
        "a", "b", "c"
    )
    assert "All sources were imported, and none is visited." in said("b", "c", "d")
    assert "visit yet" not in said("a", "b") + said("b")


def test_rows_are_sorted_by_displayed_names() -> None:
    sources = {one: Source(one, name, URL, "UTC") for one, name in NAMES.items()}
    catalog = Catalog("https://site.example", "Site", sources, {})
    pages = PageRenderer(catalog, {Facet(source=one): 1 for one in sources})
    failed = HealthEvent("d", False, dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "gone", "gone")  # noqa: FBT003 - its state
    page = html.fromstring(recorded_health_page(pages, {"d": failed}, NAMES))
    names = page.xpath("//tbody/tr/th/a/text()")
    assert names == ["Yew Council", "alder Trust", "Birch Office", "Zinc Board"]
