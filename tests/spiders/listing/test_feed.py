"""Feeds, sitemaps and JSON are read as the listings that they are, and hostile ones do no harm."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from lxml import etree

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.feed import feed_links, local_name, read_syndicated
from spiders.listing.read import read_listing
from spiders.page.page import Page

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
URL = "http://press.example/feed"


def read(text: str, kind: str = "", url: str = URL) -> Listing:
    return read_listing(Page(url, text.encode(), kind), DateContext("Asia/Baku", now=NOW))


def first(page: Listing) -> tuple[str, str, str | None]:
    item = page.items[0]
    return item.url, item.title, item.published.iso if item.published else None


EXPECTED = ("http://press.example/r/1", "Bridge & road opened", "2022-11-24T10:00:00+04:00")

FEEDS = {
    "rss": """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item>
      <title>Bridge &amp;amp; road &lt;b&gt;opened&lt;/b&gt;</title><link>http://press.example/r/1</link>
      <pubDate>Thu, 24 Nov 2022 10:00:00 +0400</pubDate></item></channel></rss>""",
    "rss by guid": """<rss version="2.0"><channel><item><title>Bridge &amp; road opened</title>
      <guid isPermaLink="true">http://press.example/r/1</guid>
      <pubDate>24 Nov 2022 10:00:00 +0400</pubDate></item></channel></rss>""",
    "rdf": """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><item
      rdf:about="http://press.example/r/1"><title>Bridge &amp; road opened</title>
      <dc:date>2022-11-24T10:00:00+04:00</dc:date></item></rdf:RDF>""",
    "atom": """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed"/><entry>
      <title type="html">Bridge &amp;amp; road opened</title><id>tag:x,1</id>
      <link rel="enclosure" href="/f.pdf"/><link href="/r/1"/>
      <updated>2023-01-01T00:00:00Z</updated><published>2022-11-24T10:00:00+04:00</published>
      </entry></feed>""",
    "news sitemap": """<?xml version="1.0"?><urlset
      xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://press.example/r/1</loc>
      <lastmod>2023-01-01</lastmod><n:news><n:publication><n:name>Press</n:name></n:publication>
      <n:publication_date>2022-11-24T10:00:00+04:00</n:publication_date>
      <n:title>Bridge &amp; road opened</n:title></n:news></url></urlset>""",
    "other xml": """<?xml version="1.0"?><list><release><link>/r/1</link>
      <name>Bridge &amp; road opened</name><date>2022-11-24T10:00:00+04:00</date></release>
      <release><link>/r/2</link><name>Other</name><date>2022-11-20</date></release></list>""",
    "json feed": """{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1",
      "url": "http://press.example/r/1", "title": "Bridge & road opened",
      "date_published": "2022-11-24T10:00:00+04:00", "date_modified": "2023-01-01"}]}""",
    "wordpress": """[{"id": 5, "date": "2022-11-24T10:00:00", "date_gmt": "2022-11-24T06:00:00",
      "modified": "2023-01-01T00:00:00", "link": "http://press.example/r/1",
      "title": {"rendered": "Bridge &#038; road opened"}}]""",
    "other json": """{"status": "ok", "data": {"hits": [{"HEADLINE": "Bridge & road opened",
      "Published_Date": "2022-11-24T10:00:00+04:00", "path": "/r/1", "id": 9}]}}""",
}  # fmt: skip


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_read_into_items(name: str) -> None:
    assert first(read(FEEDS[name])) == EXPECTED


def test_a_sitemap_index_names_its_sitemaps() -> None:
    page = read("<sitemapindex><sitemap><loc>/s1.xml</loc></sitemap></sitemapindex>")
    assert page.rule == "xml:sitemapindex"
    assert [item.url for item in page.items] == ["http://press.example/s1.xml"]


def test_the_next_page_of_a_feed_is_followed() -> None:
    atom = FEEDS["atom"].replace("<entry>", '<link rel="next" href="/feed?page=2"/><entry>', 1)
    assert read(atom).next == f"{URL}?page=2"
    assert (
        read(FEEDS["json feed"].replace("{", '{"next_url": "/feed?p=2",', 1)).next == f"{URL}?p=2"
    )


def test_wordpress_pagination_continues_while_its_pages_are_full() -> None:
    post = json.loads(FEEDS["wordpress"])[0]
    url = "http://press.example/wp-json/wp/v2/posts?per_page=2&page=3"
    posts = [post, post | {"link": "http://press.example/r/2"}]
    assert (read(json.dumps(posts), url=url).next or "").endswith("per_page=2&page=4")
    assert read(json.dumps(posts[:1]), url=url).next is None


def test_a_bare_ampersand_is_kept_and_references_are_read_once() -> None:
    broken = FEEDS["rss by guid"].replace(
        "Bridge &amp; road", "Bridge & road &#38; <![CDATA[A & B]]>"
    )
    assert first(read(broken))[1] == "Bridge & road & A & B opened"


def test_html_in_a_json_answer_is_read_as_a_listing() -> None:
    rows = "".join(
        f"<li>{n} May 2022 <a href='/r/{n}'>Bridge number {n} opened</a></li>" for n in (3, 2)
    )
    page = read(json.dumps([{"command": "insert", "data": f"<ul>{rows}</ul>"}]))
    assert [item.url for item in page.items] == [f"http://press.example/r/{n}" for n in (3, 2)]


def test_a_web_page_is_not_a_document() -> None:
    comments = "<!-- x -->" * 300
    for text in (
        f"{comments}<html>",
        "<!DOCTYPE html><html><body>x",
        "<html xmlns='x'>",
        "  <div>x</div>",
        "plain",
    ):
        page = Page(URL, text.encode(), "text/html")
        assert read_syndicated(page, DateContext("UTC", now=NOW)) is None


LAUGHS = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{a}"><!ENTITY b "{b}">]>
<rss><channel><item><title>&b;</title><link>http://press.example/r/1</link></item></channel></rss>"""
EXTERNAL = """<!DOCTYPE rss [<!ENTITY e SYSTEM "file:///etc/hostname">]><rss><channel><item>
<title>&e;</title><link>http://press.example/r/1</link></item></channel></rss>"""


@pytest.mark.parametrize("text", [LAUGHS.format(a="ha" * 500, b="&a;" * 5000), EXTERNAL])
def test_declared_entities_are_refused_with_a_reason(text: str) -> None:
    page = read(text)
    assert page.items == ()
    assert "entities" in page.reasons[0]


@pytest.mark.parametrize(
    "text",
    ["<rss>", "<?xml version='1.0'?>", "<rss>" + "<item>" * 50_000, "[" * 200_000, '{"a": ', "[]",
     '{"items": [1, null, {"url": 5, "title": {}}]}', '[{"url": "javascript:x", "title": "t"}]'],
)  # fmt: skip
def test_broken_documents_give_a_reason(text: str) -> None:
    page = read(text)
    assert page.items == ()
    assert page.reasons


def test_a_page_links_its_feeds_but_not_those_of_comments() -> None:
    head = """<link rel="alternate" type="application/rss+xml" href="/feed/" title="News">
    <link rel="alternate" type="application/rss+xml" href="/comments/feed/">
    <link rel="alternate" type="application/atom+xml" href="atom.xml">
    <link rel="alternate" hreflang="de" href="/de/">"""
    found = feed_links(Page("http://press.example/news/", head.encode(), "text/html"))
    assert [(offer.url, offer.kind, offer.title) for offer in found] == [
        ("http://press.example/feed/", "rss", "News"),
        ("http://press.example/news/atom.xml", "atom", ""),
    ]


@pytest.mark.parametrize("half", ["&#xD800;", "&#57343;", "&#xdc00;&#XDFFF;"])
def test_half_a_character_spoils_no_name_or_value(half: str) -> None:
    text = FEEDS["news sitemap"].replace("http://www.google", f"{half}http://www.google")
    text = text.replace("Bridge", f"Bridge{half}")
    item = read(text).items[0]
    assert (item.url, item.published and item.published.iso) == (EXPECTED[0], EXPECTED[2])
    assert item.title.startswith("Bridge\ufffd")
    item.title.encode("utf-8")


def test_a_feed_of_wordpress_has_older_pages_by_number() -> None:
    feed = (
        "<rss version='2.0'><channel><generator>https://wordpress.org/?v=6.8</generator>{}"
        "</channel></rss>"
    )
    item = "<item><title>One</title><link>https://press.example/one</link></item>"
    for url, following in (
        ("https://press.example/feed/", "https://press.example/feed/?paged=2"),
        ("https://press.example/?feed=rss2&paged=4", "https://press.example/?feed=rss2&paged=5"),
    ):
        assert read(feed.format(item), url=url).next == following
    assert read(feed.format(""), url="https://press.example/feed/").next is None
    plain = feed.replace("https://wordpress.org/?v=6.8", "Press room 2.1")
    assert read(plain.format(item), url="https://press.example/feed/").next is None


def test_the_categories_of_items_are_read() -> None:
    rss = (
        "<rss><channel><item><title>One</title><link>https://press.example/one</link>"
        "<category>Press</category><category>Tides</category></item></channel></rss>"
    )
    assert read(rss, url="https://press.example/feed").items[0].categories == ("Press", "Tides")
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>One</title>"
        "<link href='https://press.example/one'/><category term='Press'/></entry></feed>"
    )
    assert read(atom, url="https://press.example/feed").items[0].categories == ("Press",)
    api = '[{"link": "https://press.example/one", "title": "One two", "categories": [3, 7]}]'
    assert read(api, url="https://press.example/api").items[0].categories == ("3", "7")


def test_elements_of_nested_items_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    def count(node: etree._Element) -> str:
        named.append(local_name(node))
        return named[-1]

    monkeypatch.setattr("spiders.listing.feed.local_name", count)
    group = "<item><title>Lamp</title><link>/a</link>" * 100 + "</item>" * 100
    found = read(f"<rss><channel>{group * 30}</channel></rss>", "application/rss+xml")
    assert len(found.items) == 3000
    assert len(named) < 10 * 3 * 3000


def test_an_item_has_no_fields_of_an_item_within_it() -> None:
    inner = "<item><title>Inner</title><link>/inner</link></item>"
    found = read(
        f"<rss><channel><item><title>Outer</title>{inner}<link>/outer</link></item>"
        f"<item><title>Without an address</title>{inner}</item></channel></rss>",
        "application/rss+xml",
    )
    assert [(item.title, item.url.rpartition("/")[2]) for item in found.items] == [
        ("Outer", "outer"),
        ("Inner", "inner"),
        ("Inner", "inner"),
    ]


def test_fragments_are_kept_only_for_several_sections_of_one_page() -> None:
    urls = {
        "https://weir.example/news#a": "https://weir.example/news#a",
        "https://weir.example/news#b": "https://weir.example/news#b",
        "https://weir.example/news#top": "https://weir.example/news",
        "https://weir.example/1#comments": "https://weir.example/1",
        "https://weir.example/2#content-2": "https://weir.example/2",
        "https://weir.example/3#xtor=RSS-1": "https://weir.example/3",
    }
    items = "".join(f"<item><title>T</title><link>{url}</link></item>" for url in urls)
    text = f"<rss><channel>{items}</channel></rss>"
    page = Page("https://weir.example/feed", text.encode())
    listing = read_listing(page, DateContext("UTC"))
    assert [item.url for item in listing.items] == [*urls.values()]
