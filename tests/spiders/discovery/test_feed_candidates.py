"""What a site offers to machines is found, compared with the page, and used only where complete."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from data.dates.context import DateContext
from spiders.discovery.feed_candidates import (
    Comparison,
    FeedCandidate,
    compare,
    feed_candidates,
    page_of_feed,
    preferred,
    sitemaps_in,
    sitemaps_of,
)
from spiders.items import Listing, ListingItem
from spiders.listing.read import read_listing
from spiders.page.page import Page

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
URL = "https://press.example/news/"


def page(text: str, url: str = URL) -> Page:
    return Page(url, text.encode())


def read(text: str, url: str = "https://press.example/feed") -> Listing:
    return read_listing(page(text, url), DateContext("UTC", now=NOW))


def rss(*numbers: int, dated: bool = True, host: str = "https://press.example") -> Listing:
    day = "<pubDate>{} Nov 2026 10:00:00 +0000</pubDate>" if dated else ""
    items = "".join(
        f"<item><title>Lamp number {n} is lit</title><link>{host}/r/{n}</link>"
        f"{day.format(n)}</item>"
        for n in numbers
    )
    return read(f"<rss version='2.0'><channel>{items}</channel></rss>")


def listed(*numbers: int, dated: bool = True) -> Listing:
    rows = "".join(
        f"<li>{n} November 2026 <a href='/r/{n}'>Lamp number {n} is lit</a></li>" for n in numbers
    )
    found = read(f"<html><body><ul>{rows}</ul></body></html>", URL)
    assert len(found.items) == len(numbers)
    if dated:
        return found
    return replace(found, items=tuple(replace(item, published=None) for item in found.items))


FEED = FeedCandidate("https://press.example/feed", "feed", sure=True)


def against(feed: Listing, listing: Listing) -> Comparison:
    return compare(FEED, feed, listing)


def test_a_page_names_its_feeds_and_customary_places_are_tried_after_them() -> None:
    found = feed_candidates(
        page(
            '<link rel="alternate" type="application/rss+xml" href="/news/rss.xml">'
            '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/categories/7">'
            '<link rel="https://api.w.org/" href="https://press.example/wp-json/">'
        )
    )
    assert [(place.kind, place.sure) for place in found] == [
        ("feed", True),
        ("wordpress", True),
        ("wordpress", True),
        ("feed", False),
        ("feed", False),
    ]
    assert "categories=7" in found[1].url
    assert found[2].url.startswith("https://press.example/wp-json/wp/v2/posts?")
    assert [place.url for place in found[3:]] == [f"{URL}feed/", "https://press.example/feed"]


def test_robots_txt_lists_sitemaps_with_news_ones_first() -> None:
    robots = page("User-agent: *\nDisallow: /x\nSitemap: /sitemap.xml\nsitemap : https://press.example/news-sitemap.xml\n"
                  "Sitemap: javascript:x\n", "https://press.example/robots.txt")  # fmt: skip
    assert [place.url for place in sitemaps_of(robots)] == [
        "https://press.example/news-sitemap.xml",
        "https://press.example/sitemap.xml",
    ]
    assert sitemaps_of(page("<html><p>Sitemap: /x")) == ()


def test_only_news_sitemaps_of_an_index_are_read() -> None:
    index = read(
        "<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap>"
        "<sitemap><loc>/press-2026.xml</loc></sitemap></sitemapindex>"
    )
    assert [place.url for place in sitemaps_in(index)] == ["https://press.example/press-2026.xml"]
    assert sitemaps_in(listed(3, 2, 1)) == ()


def test_a_feed_with_all_that_the_page_lists_and_older_ones_is_complete() -> None:
    found = against(rss(9, 8, 7, 6, 5, 4, 3), listed(9, 8, 7))
    assert found.complete
    assert (found.listed, found.held, found.surplus) == (3, 3, 0)


@pytest.mark.parametrize(
    ("feed", "listing", "said"),
    [
        (rss(9, 8), listed(9, 8, 7), "2 of the 3"),
        (rss(9, 8, 7, dated=False), listed(9, 8, 7), "without dates"),
        (rss(1, 2, 3), listed(9, 8, 7), "0 of the 3"),
        (rss(20, 19, 18, 17, 9, 8, 7), listed(9, 8, 7), "4 others"),
        (rss(9, 8), Listing(URL, ()), "nothing to compare"),
        (Listing(URL, (), reasons=("the document is not XML",)), listed(9, 8, 7), "not XML"),
    ],
)
def test_a_feed_with_missing_or_extra_items_is_not_preferred_and_gives_the_reason(
    feed: Listing, listing: Listing, said: str
) -> None:
    found = against(feed, listing)
    assert not found.complete
    assert said in found.verdict
    assert preferred([found]) is None


def test_a_stated_feed_with_older_releases_continues_a_page_with_a_part_of_its_list() -> None:
    shown = listed(20, 19, 18, 17, 16)
    longer = against(rss(20, 19, 18, 16, 9, 8, 7), shown)
    assert not longer.complete
    assert preferred([longer]) is None
    assert preferred([longer], is_part=True) is longer
    whole = against(rss(20, 19, 18, 17, 16), shown)
    assert preferred([longer, whole], is_part=True) is whole


@pytest.mark.parametrize(
    ("feed", "sure"),
    [
        (rss(20, 19, 18, 16), True),
        (rss(20, 19, 9, 8, 7), True),
        (rss(20, 19, 18, 16, 9, 8), False),
        (rss(20, 19, 18, 16, 9, 8, dated=False), True),
        (rss(25, 24, 23, 22, 20, 19, 18, 16, 9, 8), True),
    ],
    ids=["no older", "few of the page", "guessed address", "no dates", "another list"],
)
def test_another_feed_does_not_continue_a_page(feed: Listing, *, sure: bool) -> None:
    found = compare(replace(FEED, sure=sure), feed, listed(20, 19, 18, 17, 16))
    assert preferred([found], is_part=True) is None


def test_the_same_title_on_the_same_day_is_the_same_release_at_another_address() -> None:
    feed = rss(9, 8, 7, host="https://feeds.example")
    assert against(feed, listed(9, 8, 7)).complete
    # Without dates a recurring title proves nothing.
    assert not against(feed, listed(9, 8, 7, dated=False)).complete


def test_undated_ones_among_dated_releases_are_not_expected_in_a_feed() -> None:
    listing = listed(9, 8, 7)
    banner = ListingItem("https://press.example/about", "About the harbour board")
    mixed = Listing(URL, (banner, *listing.items))
    assert against(rss(9, 8, 7), mixed).complete


def test_a_feed_is_preferred_to_the_api_and_that_to_a_sitemap() -> None:
    listing = listed(9, 8, 7)
    posts = [
        {"link": f"https://press.example/r/{n}", "date": f"2026-11-0{n}T10:00:00",
         "title": {"rendered": f"Lamp number {n} is lit"}} for n in (9, 8, 7)
    ]  # fmt: skip
    api = compare(FeedCandidate("https://press.example/p", "wordpress", sure=True),
                  read(json.dumps(posts)), listing)  # fmt: skip
    urls = "".join(
        f"<url><loc>https://press.example/r/{n}</loc><lastmod>2026-11-0{n}</lastmod></url>"
        for n in (9, 8, 7)
    )
    sitemap = compare(FeedCandidate("https://press.example/s", "sitemap", sure=True),
                      read(f"<urlset>{urls}</urlset>"), listing)  # fmt: skip
    feed = against(rss(9, 8, 7), listing)
    assert preferred([sitemap, api, feed]) is feed
    assert preferred([sitemap, api]) is api
    assert preferred([sitemap]) is sitemap
    assert preferred([]) is None


def test_an_old_release_at_the_top_of_the_page_stretches_no_range() -> None:
    assert against(rss(*range(20, 0, -1)), listed(2, 20, 19, 18, 17)).complete
    assert not against(rss(*range(20, 0, -1)), listed(20, 19, 18, 17, 2)).complete


@pytest.mark.parametrize("path", ["/about/", "/r/privacy", "/company/careers.html"])
def test_a_feed_that_carries_pages_of_other_kinds_is_not_complete(path: str) -> None:
    page = ListingItem(f"https://press.example{path}", "What we are", None)
    feed = rss(9, 8, 7)
    found = against(replace(feed, items=(*feed.items, page)), listed(9, 8, 7))
    assert not found.complete
    assert "1 page of another kind" in found.verdict


def test_a_candidate_that_goes_back_to_the_first_release_is_preferred() -> None:
    listing = listed(9, 8, 7)
    newest = against(rss(9, 8, 7), listing)
    api = FeedCandidate("https://press.example/p", "wordpress", sure=True)
    whole = compare(api, rss(9, 8, 7, 6, 5), listing)
    paged = compare(api, replace(rss(9, 8, 7), next="https://press.example/p?page=2"), listing)
    assert preferred([newest, whole]) is whole
    assert preferred([newest, paged]) is paged
    sitemap = FeedCandidate("https://press.example/s", "sitemap", sure=True)
    assert preferred([newest, compare(sitemap, rss(9, 8, 7, 6), listing)]) is newest


@pytest.mark.parametrize(
    "feed",
    [
        "<rss><channel><title>T</title><link>https://press.example/news/</link><item/></channel></rss>",
        '<feed><link rel="self" href="/feed"/><link href="/news/" rel="alternate"/><entry/></feed>',
        '{"version": "x", "home_page_url": "https://press.example/news/", "items": []}',
    ],
)
def test_a_feed_names_its_page(feed: str) -> None:
    assert page_of_feed(page(feed, "https://press.example/feed")) == URL


@pytest.mark.parametrize(
    "text",
    ["", "<rss><channel><item><link>https://press.example/r/1</link></item></channel></rss>",
     "<feed>" * 4000, "<feed " * 4000, "<channel><link " * 2000, "<feed><link " * 2000],
)  # fmt: skip
def test_addresses_without_a_page_number_yield_none_in_bounded_time(text: str) -> None:
    assert page_of_feed(page(text)) is None
