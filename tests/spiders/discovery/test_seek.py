"""What an address that a person gave is, before anything is known of its site."""

from __future__ import annotations

from spiders.discovery.seek import as_feed
from spiders.page.page import Page

ITEM = "<item><title>Low tide</title><link>https://press.example/1</link></item>"


def page(text: str) -> Page:
    return Page("https://press.example/news", text.encode())


def test_a_feed_with_items_is_used_alone() -> None:
    feed = as_feed(page(f"<rss><channel>{ITEM}</channel></rss>"))
    assert feed is not None
    assert feed.place.url == "https://press.example/news"


def test_neither_a_page_nor_an_empty_feed_counts_as_a_feed() -> None:
    assert as_feed(page("<h1>News</h1><p>Low tide.</p>")) is None
    assert as_feed(page("<rss><channel><title>Harbour</title></channel></rss>")) is None
