"""The page of a feed shows its entries safely and links to its formats."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from lxml import html

from data.models import Facet, Release
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry, entry_of
from feeds.entries.events import retraction_entry
from feeds.formats.feed import feed_of
from feeds.formats.rendering import rendered, rendered_entry
from feeds.pages.feed_page import MAX_ENTRIES, feed_page
from feeds.pages.renderer import PageRenderer
from tests.feeds.sample_store import NOON, make_release

CATALOG = Catalog("https://press.example/base", "Press", {}, {})
PAGES = PageRenderer(CATALOG, {})


def shown(titles: list[str], path: str, facet: Facet, query: str = "") -> str:
    made = [
        rendered_entry(entry_of(make_release(number, title=title), CATALOG, mixed=True), b"")
        for number, title in enumerate(titles)
    ]
    atom = rendered(feed_of(CATALOG, facet, made), made, "atom")
    return feed_page(PAGES, path, query, atom).decode()


def document(entry: FeedEntry) -> html.HtmlElement:
    """The page of a feed of one entry."""
    made = [rendered_entry(entry, b"")]
    atom = rendered(feed_of(CATALOG, Facet(), made), made, "atom")
    return html.fromstring(feed_page(PAGES, "/feeds/all.atom", "", atom))


def test_the_parts_of_an_entry_are_separated_alike() -> None:
    page = document(entry_of(make_release(), CATALOG, mixed=True))
    (said,) = page.find_class("from")
    assert " ".join(said.text_content().split()) == "24 November 2022 ACME Press Service"


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Tariffs <script>alert(1)</script>", "Tariffs &lt;script&gt;alert(1)&lt;/script&gt;"),
        ("R&D at Hohenmoor", "R&amp;D at Hohenmoor"),
        ("What &lt;b&gt; means", "What &amp;lt;b&amp;gt; means"),
    ],
)
def test_a_title_is_shown_literally(title: str, written: str) -> None:
    assert f">{written}</a>" in shown([title], "/feeds/all.rss", Facet())


def test_all_links_stay_on_the_site_at_any_host() -> None:
    source = Facet(source="Ämter")
    path = "/feeds/source/~c3~84mter.atom"
    page = shown(["One"], path, source)
    assert "press.example" not in page.partition("<body>")[2]
    assert f'value="{quote(path.rpartition("/")[2], safe="~")}"' in page
    assert 'href="../../sources/~c3~84mter/"' in page


def test_a_search_feed_links_to_each_format() -> None:
    page = shown(["One"], "/feeds/search.atom", Facet(), "q=%22a%22&lang=az")
    assert 'href="search.rss?q=%22a%22&amp;lang=az"' in page


def test_a_long_feed_is_cut_and_counts_the_rest() -> None:
    page = shown(
        [f"Title {number}" for number in range(MAX_ENTRIES + 2)], "/feeds/all.atom", Facet()
    )
    assert page.count('class="title"') == MAX_ENTRIES
    assert "2 more entries" in page


@pytest.mark.parametrize(
    ("release", "mark"),
    [
        (make_release(1), ""),
        (make_release(1, section="retracted"), ""),
        (make_release(1, revision=2), "Corrected"),
        (make_release(1, revision=2, retracted=NOON), "Retracted"),
    ],
)
def test_a_release_is_marked_as_in_lists(release: Release, mark: str) -> None:
    page = document(entry_of(release, CATALOG, mixed=True))
    assert [one.text for one in page.xpath("//li//*[@class='mark']")] == [mark][: bool(mark)]
    assert len(page.xpath("//li[@class='retracted']")) == (mark == "Retracted")


def test_the_event_of_a_retraction_is_not_marked_as_retracted() -> None:
    page = document(retraction_entry(CATALOG, make_release(1, retracted=NOON), NOON))
    assert page.xpath("//li//a[@class='title']/text()") == ["Retracted: Statement 1"]
    assert not page.xpath("//li//*[@class='mark']")


def test_a_date_keeps_its_direction_next_to_a_right_to_left_title() -> None:
    page = document(entry_of(make_release(1, language="ar"), CATALOG, mixed=True))
    assert page.xpath("//li//div[@dir='rtl']//time[@dir='auto']/text()") == ["24 November 2022"]
