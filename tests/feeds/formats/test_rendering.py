"""Feeds contain all of a release in every format, always in the same bytes."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
import lxml.html
import pytest
from lxml import etree

from data.models import Facet, Media
from data.settings import SiteSettings
from feeds.catalog import catalog_of
from feeds.entries.entry import EntryLink, entry_of
from feeds.formats import opml
from feeds.formats.atom import XML_LANG
from feeds.formats.feed import Feed, feed_of
from feeds.formats.rendering import (
    MAX_MIXED_TEXT_BYTES,
    RenderedEntry,
    rendered,
    rendered_document,
    rendered_entry,
)
from feeds.pages.renderer import PageRenderer
from feeds.publishing.archive_pages import ArchivePages
from feeds.publishing.publish import publish
from feeds.publishing.publish_context import EntryRenderer, PublishContext
from feeds.publishing.render_cache import RenderCache
from feeds.urls import FORMATS
from feeds.websub.messages import topic_of
from tests.feeds.sample_store import SampleStore, make_release, on_day

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
ACME = Facet(source="acme")
SITE = SiteSettings(url="https://press.example/")


def made(store: SampleStore, facet: Facet = ACME) -> tuple[Feed, list[RenderedEntry]]:
    catalog, counts = catalog_of(store, SITE), store.facets()
    pages = PageRenderer(catalog, counts)
    with closing(RenderCache(None)) as cache:
        context = PublishContext(
            store=store,
            catalog=catalog,
            pages=pages,
            archive=ArchivePages(store),
            cache=cache,
            counts=counts,
            changes=None,
            entries=SITE.entries,
            max_bytes=SITE.max_feed_bytes,
            layout=b"",
            write=lambda _file, _content: None,
            checkpoint=lambda: None,
            is_there=lambda _file: False,
            remove=lambda _: None,
        )
        entries = EntryRenderer(context).entries(facet, store.summaries(facet))
    return feed_of(catalog, facet, entries), entries


def atom_of(*releases: Any, facet: Facet = ACME) -> Any:
    return etree.fromstring(rendered(*made(SampleStore(*releases), facet), "atom"))


def rss_of(*releases: Any, facet: Facet = ACME) -> Any:
    return etree.fromstring(rendered(*made(SampleStore(*releases), facet), "rss"))[0]


def json_of(*releases: Any, facet: Facet = ACME) -> Any:
    return json.loads(rendered(*made(SampleStore(*releases), facet), "json"))


# The defects of feedgen 1.0, in the order in which they are listed among the project's rules.


def test_1_atom_links_keep_relation_type_and_length() -> None:
    links = atom_of(make_release()).findall(f"{ATOM}entry/{ATOM}link")
    enclosure = next(link for link in links if link.get("rel") == "enclosure")
    assert enclosure.get("type") == "application/pdf"
    assert enclosure.get("length") == "1234"
    assert [link.get("href") for link in links if link.get("rel") == "alternate"] == [
        "https://acme.example/news/1"
    ]
    assert {link.get("rel") for link in links} == {"alternate", "via", "related", "enclosure"}


def test_2_atom_source_of_a_mixed_feed_has_id_title_and_updated() -> None:
    source = atom_of(make_release(), facet=Facet()).find(f"{ATOM}entry/{ATOM}source")
    own = atom_of(make_release())
    assert source.findtext(f"{ATOM}id") == own.findtext(f"{ATOM}id")
    assert source.findtext(f"{ATOM}title") == own.findtext(f"{ATOM}title") == "ACME Corporation"
    assert source.findtext(f"{ATOM}updated") == own.findtext(f"{ATOM}updated")
    assert own.find(f"{ATOM}entry/{ATOM}source") is None


def test_3_the_rss_link_is_the_page_and_not_the_last_link_added() -> None:
    channel = rss_of(make_release())
    assert channel.findtext("link") == "https://press.example/sources/acme/"
    assert channel.findtext("item/link") == "https://acme.example/news/1"


def test_4_no_element_is_empty() -> None:
    for root in (atom_of(make_release(), facet=Facet()), rss_of(make_release(), facet=Facet())):
        empty = [one.tag for one in root.iter() if not one.text and not len(one) and not one.attrib]
        assert empty == []


def test_5_content_has_the_type_html_in_atom() -> None:
    content = atom_of(make_release()).find(f"{ATOM}entry/{ATOM}content")
    assert content.get("type") == "html"
    assert content.text == "<p>All that statement 1 says.</p>"


def test_6_the_update_time_of_a_feed_is_that_of_its_newest_entry() -> None:
    store = SampleStore(make_release(1), make_release(2))
    for kind in FORMATS:
        assert rendered(*made(store), kind) == rendered(*made(store), kind)
    assert atom_of(make_release(2)).findtext(f"{ATOM}updated") == "2022-11-24T10:00:00+00:00"
    assert rss_of(make_release(2)).findtext("lastBuildDate") == "Thu, 24 Nov 2022 10:00:00 +0000"
    assert atom_of().findtext(f"{ATOM}updated") == "2000-01-01T00:00:00+00:00"


def test_entries_found_in_one_second_have_different_update_times() -> None:
    at = make_release().updated
    releases = [make_release(n, updated=at.replace(microsecond=n)) for n in (1, 2)]
    found = [entry.findtext(f"{ATOM}updated") for entry in atom_of(*releases).iter(f"{ATOM}entry")]
    assert found == [f"2022-11-24T09:00:00.00000{n}+00:00" for n in (2, 1)]


def test_7_entries_are_sorted_newest_first() -> None:
    releases = [make_release(number) for number in (2, 1, 3)]
    for titles in (
        [one.text for one in atom_of(*releases).findall(f"{ATOM}entry/{ATOM}title")],
        [one.text for one in rss_of(*releases).findall("item/title")],
        [one["title"] for one in json_of(*releases)["items"]],
    ):
        assert titles == ["Statement 3", "Statement 2", "Statement 1"]


@pytest.mark.parametrize("poison", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_8_only_characters_forbidden_in_xml_are_removed(poison: str) -> None:
    dirty = f"be{poison}fore"
    bad = make_release(
        1,
        title=dirty,
        summary=dirty,
        section=dirty,
        publisher=dirty,
        topics=(dirty,),
        body_html=f"<p>{dirty} and &#{ord(poison)};</p>",
        url=f"https://acme.example/{dirty}",
    )
    releases = (bad, make_release(2))
    entry = atom_of(*releases)[-1]
    assert entry.findtext(f"{ATOM}title") == "before"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "before"
    assert entry.findtext(f"{ATOM}content").startswith("<p>before and")
    assert [one.text for one in rss_of(*releases).findall("item/title")] == [
        "Statement 2",
        "before",
    ]
    assert json_of(*releases)["items"][1]["title"] == "before"


def test_9_an_empty_title_is_filled_from_the_text() -> None:
    assert atom_of(make_release(title=" \x01 "))[-1].findtext(f"{ATOM}title") == (
        "All that statement 1 says."
    )
    assert rss_of(make_release(title="", body_text="")).findtext("item/title") == "Untitled"


def test_10_rss_keeps_every_link_of_the_feed() -> None:
    links = {
        (link.get("rel"), link.get("href"))
        for link in rss_of(make_release()).findall(f"{ATOM}link")
    }
    assert links == {
        ("self", "https://press.example/feeds/source/acme.rss"),
        ("alternate", "https://press.example/sources/acme/"),
        ("alternate", "https://press.example/feeds/source/acme.atom"),
        ("alternate", "https://press.example/feeds/source/acme.json"),
    }


def test_11_a_link_relation_may_be_a_uri() -> None:
    relation = "https://press.example/relations/difference"
    store = SampleStore(make_release())
    catalog = catalog_of(store, SITE)
    entry = entry_of(make_release(), catalog, mixed=False)
    entry = replace(entry, links=(EntryLink(relation, "https://press.example/d"),))
    feed = replace(feed_of(catalog, Facet(), [entry]), links=entry.links)
    root: Any = etree.fromstring(rendered(feed, [rendered_entry(entry, b"")], "atom"))
    assert [
        link.get("href") for link in root.iter(f"{ATOM}link") if link.get("rel") == relation
    ] == [
        "https://press.example/d",
        "https://press.example/d",
    ]


def test_12_each_atom_entry_names_its_language() -> None:
    root = atom_of(make_release(1, language="az"), make_release(2, language="no such language"))
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [entry.get(lang) for entry in root.findall(f"{ATOM}entry")] == [None, "az"]
    assert root.get(lang) == "az"


# What every format says.


def test_a_date_without_an_hour_is_noon_at_the_source() -> None:
    release = make_release(published=on_day("2022-11-24", "Asia/Baku"))
    release = make_release(published=release.published, order=release.published.at)
    assert rss_of(release).findtext("item/pubDate") == "Thu, 24 Nov 2022 12:00:00 +0400"
    assert atom_of(release)[-1].findtext(f"{ATOM}published") == "2022-11-24T12:00:00+04:00"
    assert json_of(release)["items"][0]["date_published"] == "2022-11-24T12:00:00+04:00"


def test_an_impossible_date_is_replaced_by_the_time_first_seen() -> None:
    seen = make_release().order
    release = make_release(published=on_day("2099-01-01", "Asia/Baku"), order=seen)
    assert atom_of(release)[-1].findtext(f"{ATOM}published") == "2022-11-24T13:00:00+04:00"


def test_ids_are_equal_in_every_format_and_are_not_links() -> None:
    release = make_release()
    guid = rss_of(release).find("item/guid")
    assert guid.get("isPermaLink") == "false"
    assert guid.text == f"urn:uuid:{release.id}"
    assert atom_of(release)[-1].findtext(f"{ATOM}id") == guid.text
    assert json_of(release)["items"][0]["id"] == guid.text


def test_rss_has_the_full_text_one_enclosure_and_the_publisher() -> None:
    item = rss_of(make_release(), facet=Facet()).find("item")
    assert item.findtext("description") == "What statement 1 says."
    assert item.findtext(f"{CONTENT}encoded") == "<p>All that statement 1 says.</p>"
    assert [dict(one.attrib) for one in item.findall("enclosure")] == [
        {"url": "https://acme.example/a.pdf", "length": "1234", "type": "application/pdf"}
    ]
    assert [one.get("url") for one in item.findall(f"{MEDIA}content")] == [
        "https://acme.example/a.jpg"
    ]
    assert item.findtext(f"{DC}creator") == "ACME Press Service"
    assert item.findtext("source") == "ACME Corporation"
    assert item.find("source").get("url") == "https://press.example/feeds/source/acme.rss"
    assert [one.text for one in item.findall("category")] == ["Economy", "Events"]


def test_json_feed_has_authors_tags_and_attachments() -> None:
    made = json_of(make_release())
    assert made["version"] == "https://jsonfeed.org/version/1.1"
    assert made["feed_url"] == "https://press.example/feeds/source/acme.json"
    item = made["items"][0]
    assert item["authors"] == [{"name": "ACME Press Service", "url": "https://acme.example/news/"}]
    assert item["tags"] == ["Economy", "Events"]
    assert item["image"] == "https://acme.example/a.jpg"
    assert item["attachments"][0] == {
        "url": "https://acme.example/a.pdf",
        "mime_type": "application/pdf",
        "title": "Full text",
        "size_in_bytes": 1234,
    }


def test_a_feed_parser_reads_titles_dates_and_ids() -> None:
    releases = [make_release(number, title=f"Über {number} & Co") for number in range(5)]
    for kind in ("atom", "rss"):
        parsed = feedparser.parse(rendered(*made(SampleStore(*releases)), kind))
        assert not parsed.bozo
        read = {(one.title, one.id, one.published_parsed[:4]) for one in parsed.entries}
        assert read == {
            (one.content.title, f"urn:uuid:{one.id}", one.published.at.utctimetuple()[:4])
            for one in releases
        }


def test_a_story_is_shown_once_in_mixed_feeds_and_names_its_other_publishers() -> None:
    wire, copy = make_release(1, "wire", story="s"), make_release(5, story="s")
    mixed = atom_of(wire, copy, make_release(3), facet=Facet())
    entries = mixed.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}id") for one in entries] == [
        f"urn:uuid:{make_release(3).id}",
        f"urn:uuid:{wire.id}",
    ]
    assert entries[1].findtext(f"{ATOM}contributor/{ATOM}name") == "ACME Corporation"
    assert "Also published by" in entries[1].findtext(f"{ATOM}content")
    assert len(atom_of(wire, copy, make_release(3)).findall(f"{ATOM}entry")) == 2


def test_a_story_is_shown_by_its_first_release_within_the_feed() -> None:
    wire, copy = make_release(1, "wire", story="s", topics=()), make_release(5, story="s")
    entry = atom_of(wire, copy, facet=Facet(topic="economy")).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"urn:uuid:{copy.id}"
    assert "The Wire" in entry.findtext(f"{ATOM}content")


def test_a_retracted_release_is_kept_and_marked() -> None:
    gone = make_release(1, retracted=make_release(9).updated)
    entry = atom_of(gone).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Statement 1"
    assert "Retracted" in entry.findtext(f"{ATOM}content")
    assert "All that statement 1 says." in entry.findtext(f"{ATOM}content")
    assert entry.findtext(f"{ATOM}updated") == "2022-11-24T17:00:00+00:00"
    assert json_of(gone)["items"][0]["tags"][-1] == "Retracted"


def test_a_tombstone_has_the_update_time_of_its_entry() -> None:
    at = make_release(9).updated.replace(microsecond=654321)
    for changed in (at, at - dt.timedelta(days=1), at + dt.timedelta(days=1)):
        feed = atom_of(make_release(1, retracted=at, updated=changed))
        (tombstone,) = feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert tombstone.get("ref") == feed.findtext(f"{ATOM}entry/{ATOM}id")
        assert tombstone.get("when") == feed.findtext(f"{ATOM}entry/{ATOM}updated")


def test_an_edit_changes_only_the_update_time_of_an_entry() -> None:
    before, after = make_release(1), make_release(1, updated=make_release(7).updated, revision=2)
    one, other = atom_of(before)[-1], atom_of(after)[-1]
    for kept in ("id", "published", "title"):
        assert one.findtext(ATOM + kept) == other.findtext(ATOM + kept)
    assert other.findtext(f"{ATOM}updated") == "2022-11-24T15:00:00+00:00"
    assert "Corrected" in other.findtext(f"{ATOM}content")


def test_a_site_with_any_host_name_has_valid_addresses() -> None:
    site = SiteSettings(url="https://zeitung-ü.example/für/alle/", hub="own")
    store = SampleStore(make_release())
    catalog = catalog_of(store, site)
    home = "https://xn--zeitung--e6a.example/f%C3%BCr/alle"
    assert catalog.site == home
    assert topic_of(site, "feeds/all.atom") == catalog.feed(Facet(), "atom")
    assert catalog.hub == f"{home}/hub"


# Hostile releases.

HOSTILE = (
    "<p>kept</p><script>alert(1)</script><svg onload=alert(1)></svg><img src=x onerror=alert(1)>"
    '<a href="javascript:alert(1)">js</a> ]]> <a href="/relative">relative</a>'
)


def test_bodies_are_safe_absolute_and_well_formed() -> None:
    release = make_release(body_html=HOSTILE)
    bodies = [
        atom_of(release)[-1].findtext(f"{ATOM}content"),
        rss_of(release).findtext(f"item/{CONTENT}encoded"),
        json_of(release)["items"][0]["content_html"],
    ]
    for body in bodies:
        assert "<p>kept</p>" in body
        assert "]]" in body
        assert 'href="https://acme.example/relative"' in body
        for harm in ("script", "svg", "onerror", "javascript"):
            assert harm not in body


def test_markup_in_titles_is_text() -> None:
    title = "Profits < losses & <b>bold</b> <script>x</script>"
    release = make_release(title=title, publisher=title)
    found = atom_of(release)[-1].find(f"{ATOM}title")
    assert found.get("type") == "html"
    shown: Any = lxml.html.fromstring(f"<div>{found.text}</div>")
    assert (shown.text_content(), len(shown)) == (title, 0)
    assert rss_of(release).findtext("item/title") == title
    assert json_of(release)["items"][0]["authors"][0]["name"] == title


@pytest.mark.parametrize("title", ["AT&T and R&D: Q&A", "1 < 2 & 3 > 2", "?a=1&b=2", "A &", "x&y;"])
def test_a_title_without_markup_is_plain_text(title: str) -> None:
    feed = rendered(*made(SampleStore(make_release(title=title, summary=title))), "atom")
    entry: Any = etree.fromstring(feed)[-1]
    for name in ("title", "summary"):
        found = entry.find(ATOM + name)
        assert (found.text, found.get("type")) == (title, None)
    read = feedparser.parse(feed).entries[0]
    assert (read.title, read.title_detail.type) == (title, "text/plain")


@pytest.mark.parametrize("title", ["a<b", "</p>", "&nbsp;", "x &#65; y", "&#x41", "&copy 2026"])
def test_a_title_like_markup_is_escaped_twice(title: str) -> None:
    found = atom_of(make_release(title=title))[-1].find(f"{ATOM}title")
    assert found.get("type") == "html"
    shown: Any = lxml.html.fromstring(f"<div>{found.text}</div>")
    assert shown.text_content() == title


def test_markup_in_a_summary_is_text_in_an_html_description() -> None:
    summary = 'a < b, <b onclick="alert(1)">see</b> <a href="x">there</a>'
    release = make_release(summary=summary)
    shown: Any = lxml.html.fromstring(f"<div>{rss_of(release).findtext('item/description')}</div>")
    assert shown.text_content() == summary
    assert len(shown) == 0
    told = atom_of(release)[-1].find(f"{ATOM}summary")
    assert told.get("type") == "html"
    again: Any = lxml.html.fromstring(f"<div>{told.text}</div>")
    assert again.text_content() == summary
    assert json_of(release)["items"][0]["summary"] == summary


def test_titles_in_rss_escape_text_like_markup() -> None:
    release = make_release(title="AT&T <i>up</i> & &amp;", section="R&D")
    feed = rendered(*made(SampleStore(release)), "rss")
    assert b"<title>AT&#x26;T &#x3C;i&gt;up&#x3C;/i&gt; &#x26; &#x26;amp;</title>" in feed
    assert b"R&#x26;D</category>" in feed
    assert rss_of(release).findtext("item/title") == "AT&T <i>up</i> & &amp;"


def test_character_references_in_the_name_of_a_publisher_are_decoded() -> None:
    release = make_release(publisher="Minist&egrave;re &amp; Co")
    name = "Ministère & Co"
    assert atom_of(release)[-1].findtext(f"{ATOM}author/{ATOM}name") == name
    assert rss_of(release).findtext(f"item/{DC}creator") == name
    assert json_of(release)["items"][0]["authors"][0]["name"] == name


@pytest.mark.parametrize("tag", ["zxx", "und", "mul", "ZXX-Latn", "qaa", "xx", "gcf", "a b", ""])
def test_an_unknown_language_tag_is_omitted(tag: str) -> None:
    release = make_release(language=tag)
    assert XML_LANG not in atom_of(release).attrib
    assert XML_LANG not in atom_of(release)[-1].attrib
    assert rss_of(release).find(f"item/{DC}language") is None
    assert "language" not in json_of(release)["items"][0]


def test_addresses_other_than_web_addresses_are_dropped() -> None:
    release = make_release(
        url="javascript:alert(1)",
        attachments=(Media("file:///etc/passwd", "x", 1), Media("https://a.example/b c", "bad")),
        images=(),
    )
    assert json_of(release)["items"][0]["url"].startswith("https://press.example/releases/")
    assert json_of(release)["items"][0]["attachments"] == [
        {"url": "https://a.example/b%20c", "mime_type": "application/octet-stream"}
    ]


def test_a_huge_body_is_replaced_by_its_summary() -> None:
    release = make_release(body_html="<p>" + "long " * 1_000_000 + "</p>")
    content = atom_of(release)[-1].findtext(f"{ATOM}content")
    assert len(content) < 1000
    assert "What statement 1 says." in content
    assert "https://press.example/releases/" in content


def test_right_to_left_text_has_its_direction() -> None:
    release = make_release(language="ar", body_html="<p>بيان</p>")
    assert json_of(release)["items"][0]["content_html"].startswith('<div dir="rtl" lang="ar">')


def test_opml_groups_every_feed() -> None:
    store = SampleStore(make_release(), make_release(2, "wire"))
    root: Any = etree.fromstring(
        opml.render(catalog_of(store, SITE), store.facets(), opml.OPML_GROUPS)
    )
    body = root.find("body")
    groups = {one.get("text"): [feed.get("xmlUrl") for feed in one] for one in body}
    assert list(groups) == [
        *("All", "What happens to releases", "Sources", "Sections"),
        *("Topics", "Sources by topic", "Languages", "Dates"),
    ]
    events = groups.pop("What happens to releases")
    assert "https://press.example/feeds/changes.atom" in events
    assert groups["Sources"] == [
        "https://press.example/feeds/source/acme.atom",
        "https://press.example/feeds/source/wire.atom",
    ]
    assert sum(len(feeds) for feeds in groups.values()) == len(store.facets())


SMALL_SITE = SiteSettings(url="https://press.example", max_feed_bytes=400_000)
NOTE = "The full text is long"


def texts(*sizes: int) -> SampleStore:
    """A store of releases whose texts have so many bytes each, the newest last."""
    return SampleStore(
        *(
            make_release(number, body_html=f"<p>{'x' * size}</p>")
            for number, size in enumerate(sizes, 10)
        )
    )


def published(store: SampleStore, folder: Path, site: SiteSettings = SMALL_SITE) -> Path:
    done = publish(store, folder / "site", site, cache=folder / "rendered.db")
    assert done.errors == ()
    return folder / "site" / "feeds"


def bodies(feeds: Path, stem: str) -> list[str]:
    """The texts of a feed, the oldest first."""
    items = json.loads((feeds / f"{stem}.json").read_bytes())["items"]
    return [item["content_html"] for item in reversed(items)]


def test_no_document_is_larger_than_its_budget(tmp_path: Path) -> None:
    feeds = published(texts(*[90_000] * 20), tmp_path)
    sizes = [file.stat().st_size for kind in FORMATS for file in feeds.rglob(f"*.{kind}")]
    assert len(sizes) > 20
    assert max(sizes) <= SMALL_SITE.max_feed_bytes


def test_every_release_remains_in_its_feed(tmp_path: Path) -> None:
    feeds = published(texts(*[90_000] * 20), tmp_path)
    found = bodies(feeds, "source/acme")
    assert len(found) == 20
    shortened = [body for body in found if NOTE in body]
    assert 0 < len(shortened) < 20
    assert all("https://press.example/releases/" in body for body in shortened)
    # Of equal sizes, the oldest are shortened first.
    assert shortened == found[: len(shortened)]


def test_the_largest_texts_are_shortened_first(tmp_path: Path) -> None:
    feeds = published(texts(1_000, 150_000, 2_000, 190_000, 3_000, 180_000), tmp_path)
    assert [NOTE in body for body in bodies(feeds, "source/acme")] == [
        *(False, False, False, True, False, False)
    ]


def test_a_long_text_is_whole_in_the_feed_of_its_source_alone(tmp_path: Path) -> None:
    feeds = published(texts(MAX_MIXED_TEXT_BYTES + 1, 500), tmp_path)
    assert [NOTE in body for body in bodies(feeds, "source/acme")] == [False, False]
    for stem in ("all", "date/2022"):
        assert [NOTE in body for body in bodies(feeds, stem)] == [True, False]


def test_the_same_releases_give_the_same_bytes(tmp_path: Path) -> None:
    store = texts(*[90_000] * 20)
    once = published(store, tmp_path / "once")
    again = published(store, tmp_path / "again")
    for kind in FORMATS:
        assert (once / f"all.{kind}").read_bytes() == (again / f"all.{kind}").read_bytes()


@pytest.mark.thorough
def test_a_new_budget_is_applied_by_the_next_publication(tmp_path: Path) -> None:
    store = texts(*[90_000] * 20)
    published(store, tmp_path, SiteSettings(url="https://press.example"))
    feeds = published(store, tmp_path)
    assert max(one.stat().st_size for one in feeds.glob("all.*")) <= SMALL_SITE.max_feed_bytes


def test_a_shortened_entry_keeps_its_notes_and_some_of_its_files() -> None:
    files = (f"https://acme.example/{number}.pdf" for number in range(500))
    release = make_release(
        body_html="<p>" + "x" * 300_000 + "</p>",
        retracted=make_release().updated,
        attachments=tuple(Media(file, "application/pdf", None) for file in files),
    )
    entry = entry_of(release, catalog_of(SampleStore(release), SMALL_SITE), mixed=True)
    (made,) = rendered_document([entry], max_bytes=SMALL_SITE.max_feed_bytes, mixed=True)
    assert made.document_bytes(mixed=True) < 20_000
    item = made.pieces[FORMATS.index("json")].body.decode()
    assert "Retracted" in item
    assert "/0.pdf" in item
