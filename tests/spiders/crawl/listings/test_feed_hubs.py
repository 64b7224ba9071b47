"""Which hub a feed names, and when it is looked for."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import FeedHub
from data.store.core.store import Store
from spiders.crawl.listings.feed_hubs import FeedHubs, announced
from spiders.page.page import Page
from spiders.sources.source_file import SourceFile
from tests.visit_scopes import scope_of

FEED = "https://acme.example/feed.xml"
LISTING = "https://acme.example/news/"
HUB = "https://hub.example/"
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{HUB}?a=1&amp;b=2"/>'
    f"<link href='{FEED}?self' rel='self'/><entry><link rel='hub' href='https://evil.example/'/>"
    "</entry></feed>"
)
RSS = (
    '<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://acme.example/</link>'
    f'<atom:link rel="self hub" href="{HUB}"/><item><atom:link rel="self" href="/x"/></item>'
    "</channel></rss>"
)
JSON = (
    f'{{"feed_url": "{FEED}", "hubs": [{{"type": "rssCloud", "url": "https://r.example/"}},'
    f'{{"type": "WebSub", "url": "{HUB}"}}], "items": []}}'
)


def page(text: str, url: str = FEED) -> Page:
    return Page(url, text.encode(), "application/xml")


def test_feeds_of_all_kinds_name_their_hub() -> None:
    assert announced(page(ATOM), ()) == (f"{HUB}?a=1&b=2", f"{FEED}?self")
    assert announced(page(RSS), ()) == (HUB, HUB)
    assert announced(page(JSON), ()) == (HUB, FEED)
    assert announced(page("<rss><channel/></rss>"), ()) == ("", "")


def test_the_header_counts_before_the_feed() -> None:
    links = (
        '<https://first.example/>; rel="hub", </other.xml>; rel=self',
        '<https://second.example/>; title="x"; rel="hub"',
    )
    assert announced(page(ATOM), links) == (
        "https://first.example/",
        "https://acme.example/other.xml",
    )


@pytest.mark.parametrize(
    "link",
    [
        "<ftp://hub.example/>; rel=hub",
        "<javascript:x>; rel=hub",
        f"<https://hub.example/{'x' * 3000}>; rel=hub",
        "<https://hübsch.example/>; rel=hub".encode().decode("latin-1"),
        "<>; rel=hub; rel",
        "<" * 10_000,
        "<https://hub.example/>; rel=hubble",
        "; rel=hub <https://hub.example/>",
    ],
)
def test_what_is_not_an_address_is_not_a_hub(link: str) -> None:
    assert announced(page("<feed/>"), (link,))[0] == ""


@pytest.mark.parametrize("text", ["{", '{"hubs": 3}', '{"hubs": [{"url": 1}]}', "", "<link rel="])
def test_a_broken_feed_names_none(text: str) -> None:
    assert announced(page(text), ()) == ("", "")


def hubs(
    store: Store, now: dt.datetime = NOW, *, feed: str | None = None, asks: bool = True
) -> FeedHubs:
    file = SourceFile("ACME", LISTING, "UTC", feed=feed)
    return FeedHubs(scope_of(store, now, file, source="acme"), asks=asks)


def test_a_feed_that_is_read_anyway_is_believed_at_once(store: Store) -> None:
    visit = hubs(store, feed=FEED)
    visit.read_listing(FEED, page(ATOM), ())
    assert store.feed_hubs()["acme"].hub == f"{HUB}?a=1&b=2"
    assert visit.next() == ()
    later = hubs(store, NOW + DAY / 24, feed=FEED)
    later.read_listing(FEED, page("<feed/>"), ())
    assert store.feed_hubs()["acme"] == FeedHub(FEED, "", FEED, (NOW + DAY / 24).timestamp())


def test_the_feed_that_a_page_offers_is_looked_at_once_a_day(store: Store) -> None:
    offers = Page(
        LISTING,
        b'<link rel="alternate" type="application/rss+xml" href="/comments/feed">'
        b'<link rel="alternate" type="application/atom+xml" href="/feed.xml">',
        "text/html",
    )
    visit = hubs(store)
    visit.read_listing("https://acme.example/news/?page=2", offers, ())
    assert visit.next() == ()
    visit.read_listing(LISTING, offers, ())
    assert visit.next() == (FEED,)
    assert visit.next() == ()
    visit.read_feed(FEED, page(ATOM), ())
    for now, asked in ((NOW + DAY / 2, ()), (NOW + DAY, (FEED,)), (NOW + DAY, ())):
        visit = hubs(store, now)
        visit.read_listing(LISTING, offers, ())
        assert visit.next() == asked
    # Asked in vain, it is believed for what it said before.
    assert store.feed_hubs()["acme"].hub == f"{HUB}?a=1&b=2"


def test_no_hub_is_searched_if_none_can_reach_us(store: Store) -> None:
    visit = hubs(store, feed=FEED, asks=False)
    visit.read_listing(FEED, page(ATOM), ())
    assert store.feed_hubs() == {}
