"""The page of a feed says what the feed holds, whatever is written there, and leads on."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from data.models import Facet
from feeds.catalog import Catalog
from feeds.entries.entry import entry_of
from feeds.formats.feed import feed_of
from feeds.formats.rendering import rendered, rendered_entry
from feeds.pages.feed_page import MOST, feed_page
from feeds.pages.renderer import PageRenderer
from tests.feeds.fakestore import make_release

CATALOG = Catalog("https://press.example/base", "Press", {}, {})
PAGES = PageRenderer(CATALOG, {})


def shown(titles: list[str], path: str, facet: Facet, query: str = "") -> str:
    made = [
        rendered_entry(entry_of(make_release(number, title=title), CATALOG, mixed=True), b"")
        for number, title in enumerate(titles)
    ]
    atom = rendered(feed_of(CATALOG, facet, made), made, "atom")
    return feed_page(PAGES, path, query, atom).decode()


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Tariffs <script>alert(1)</script>", "Tariffs &lt;script&gt;alert(1)&lt;/script&gt;"),
        ("R&D at Hohenmoor", "R&amp;D at Hohenmoor"),
        ("What &lt;b&gt; means", "What &amp;lt;b&amp;gt; means"),
    ],
)
def test_a_title_stands_there_as_it_is_written(title: str, written: str) -> None:
    assert f">{written}</a>" in shown([title], "/feeds/all.rss", Facet())


def test_all_ways_stay_on_the_site_wherever_it_was_reached() -> None:
    source = Facet(source="Ämter")
    path = "/feeds/source/~c3~84mter.atom"
    page = shown(["One"], path, source)
    assert "press.example" not in page.partition("<body>")[2]
    assert f'value="{quote(path.rpartition("/")[2], safe="~")}"' in page
    assert 'href="../../sources/~c3~84mter/"' in page


def test_a_search_is_asked_for_again_in_each_format() -> None:
    page = shown(["One"], "/feeds/search.atom", Facet(), "q=%22a%22&lang=az")
    assert 'href="search.rss?q=%22a%22&amp;lang=az"' in page


def test_a_long_feed_is_cut_and_says_so() -> None:
    page = shown([f"Title {number}" for number in range(MOST + 2)], "/feeds/all.atom", Facet())
    assert page.count('class="title"') == MOST
    assert "2 more entries" in page
