"""Hostile input: every format stays valid and safe, and text stays text."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from lxml import etree

from data.models import Facet, Media, Release
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.urls import (
    FORMATS,
    Format,
    feed_file,
    release_data_file,
    release_file,
    release_text_file,
)
from tests.feeds.sample_store import SampleStore, make_release

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
SITE = SiteSettings(url="https://press.example")


@dataclass(frozen=True)
class Shown:
    """An entry as one format gives it."""

    title: str
    author: str
    topics: list[str]
    summary: str
    body: str
    addresses: list[str]


def shown(release: Release, kind: Format, folder: Path) -> Shown:
    """The newest entry of the feed of all, once the whole site is published."""
    done = publish(SampleStore(release, make_release(0)), folder, SITE)
    assert done.errors == ()
    content = (folder / feed_file(Facet(), kind)).read_bytes()
    if kind == "json":
        return of_json(json.loads(content)["items"][0])
    root: Any = etree.fromstring(content)
    return of_atom(root.find(f"{ATOM}entry")) if kind == "atom" else of_rss(root.find(".//item"))


def as_html(text: str) -> str:
    """What a browser shows of a text."""
    element: Any = lxml.html.fromstring(f"<div>{text}</div>")
    return str(element.text_content())


def of_json(item: dict[str, Any]) -> Shown:
    files = [one["url"] for one in item.get("attachments", [])]
    return Shown(
        item["title"],
        item["authors"][0]["name"],
        item["tags"],
        item["summary"],
        item["content_html"],
        [item["url"], *files],
    )


def of_atom(entry: Any) -> Shown:
    title, text = (text_of(entry.find(f"{ATOM}{name}")) for name in ("title", "summary"))
    return Shown(
        title,
        entry.findtext(f"{ATOM}author/{ATOM}name"),
        [one.get("label") for one in entry.iter(f"{ATOM}category")],
        text,
        entry.findtext(f"{ATOM}content"),
        [one.get("href") for one in entry.iter(f"{ATOM}link")],
    )


def text_of(element: Any) -> str:
    """What a reader shows of a text construct (RFC 4287, section 3.1)."""
    return as_html(element.text) if element.get("type") == "html" else str(element.text)


def of_rss(item: Any) -> Shown:
    files = [*item.iter("enclosure"), *item.iter(f"{MEDIA}content")]
    return Shown(
        item.findtext("title"),
        item.findtext(f"{DC}creator"),
        [one.text for one in item.iter("category")],
        as_html(item.findtext("description")),
        item.findtext(f"{CONTENT}encoded"),
        [item.findtext("link"), *(one.get("url") for one in files)],
    )


every_format = pytest.mark.parametrize("kind", FORMATS)


@every_format
def test_scripts_and_handlers_are_removed_and_the_text_is_kept(
    kind: Format, tmp_path: Path
) -> None:
    body = (
        "<p onclick=alert(1)>kept</p><script>alert(1)</script><svg onload=alert(1)><p>too</p></svg>"
        '<iframe src="https://evil.example/"></iframe><form action="/x"><input></form>'
        "<img src=x onerror=alert(1)><style>p{}</style><math><mi>x</mi></math>"
    )
    found = shown(make_release(1, body_html=body), kind, tmp_path).body
    assert "kept" in found
    assert not re.search(r"script|svg|onload|onclick|onerror|iframe|<form|<input|style", found)


@every_format
def test_markup_in_text_is_text(kind: Format, tmp_path: Path) -> None:
    text = "a < b & <b>bold</b> <script>alert(1)</script> &lt;i&gt;"
    release = make_release(1, title=text, publisher="<b>A</b> & Co", section=text, summary=text)
    found = shown(release, kind, tmp_path)
    assert found.title == text
    assert found.author == "<b>A</b> & Co"
    assert text in found.topics
    assert found.summary == text


@every_format
def test_addresses_of_scripts_and_files_are_dropped(kind: Format, tmp_path: Path) -> None:
    release = make_release(
        1,
        url=" jaVa\tscript:alert(1)",
        body_html='<a href="javascript:alert(1)">a</a><a href="data:text/html,x">b</a>',
        attachments=(Media("file:///etc/passwd", "text/plain"), Media("javascript:x", "a/b")),
        images=(Media("vbscript:x", "image/png"),),
    )
    found = shown(release, kind, tmp_path)
    assert all(one.startswith("https://press.example/") for one in found.addresses)
    assert ">a<" in found.body
    assert not re.search(r"javascript|data:|file:", found.body)


@every_format
def test_every_address_is_absolute(kind: Format, tmp_path: Path) -> None:
    body = (
        '<a href="/a">1</a><a href="b?c=d">2</a><a href="//other.example/e">3</a><img src="f.png">'
    )
    found = shown(make_release(1, body_html=body), kind, tmp_path).body
    assert re.findall(r'(?:href|src)="([^"]*)"', found) == [
        "https://acme.example/a",
        "https://acme.example/news/b?c=d",
        "https://other.example/e",
        "https://acme.example/news/f.png",
    ]


@every_format
@pytest.mark.parametrize("poison", ["\0", "\x1b", "\x85\x86", "\ufffe", "\uffff"])
def test_only_forbidden_characters_are_removed(kind: Format, poison: str, tmp_path: Path) -> None:
    dirty = f"be{poison}fore"
    release = make_release(
        1,
        title=dirty,
        publisher=dirty,
        section=dirty,
        summary=dirty,
        body_html=f"<p>{dirty} &#{ord(poison[0])};</p>",
        body_text=dirty,
        attachments=(Media(f"https://acme.example/{dirty}", "a/b", 1, dirty),),
    )
    found = shown(release, kind, tmp_path)
    bare = [text.replace("\x85", "").replace(" ", "") for text in (found.title, found.author)]
    assert bare == ["before", "before"]
    assert "fore" in found.summary
    assert "fore" in found.body
    assert not re.search("[\0\x1b\x86\ufffe\uffff]", repr(found))


@every_format
def test_the_end_of_a_cdata_section_in_text_is_harmless(kind: Format, tmp_path: Path) -> None:
    text = "]]> <![CDATA[ --> <!-- ?> <?php"
    found = shown(
        make_release(1, title=text, summary=text, body_html=f"<p>{text}", body_text=text),
        kind,
        tmp_path,
    )
    assert found.title == text
    assert found.summary == text
    assert "]]" in found.body


@every_format
def test_text_in_any_script_is_unchanged(kind: Format, tmp_path: Path) -> None:
    text = "Ünïcödé Ελλάδα Беларусь 日本語 한국어 العربية हिन्दी 𝔸𝔹 🎉 e\u0301"
    release = make_release(
        1, title=text, publisher=text, section=text, summary=text, body_html=f"<p>{text}</p>"
    )
    found = shown(release, kind, tmp_path)
    assert (found.title, found.author, found.summary) == (text, text, text)
    assert text in found.topics
    assert text in found.body


@every_format
def test_a_release_without_a_title_uses_the_beginning_of_its_text(
    kind: Format, tmp_path: Path
) -> None:
    bare = make_release(1, title="", summary=None)
    assert shown(bare, kind, tmp_path).title == "All that statement 1 says."


@every_format
def test_an_empty_release_still_has_a_title_and_a_text(kind: Format, tmp_path: Path) -> None:
    empty = make_release(1, title="", summary="", body_html="", body_text="", publisher="")
    found = shown(empty, kind, tmp_path)
    assert found.title == "Untitled"
    assert found.author == "ACME Corporation"
    assert found.body


@pytest.mark.thorough
@every_format
def test_a_body_of_5_mb_stays_on_its_page_and_leaves_the_feed_small(
    kind: Format, tmp_path: Path
) -> None:
    body = "<p>" + "word " * 1_000_000 + "</p>"
    release = make_release(1, body_html=body, body_text=body[3:-4])
    found = shown(release, kind, tmp_path)
    assert "What statement 1 says." in found.body
    assert f"https://press.example/releases/{release.id}/" in found.body
    assert (tmp_path / feed_file(Facet(), kind)).stat().st_size < 50_000
    page = (tmp_path / release_file(release.id)).read_bytes()
    assert len(gzip.compress(page)) < 30_000
    assert b'/text.txt"' in page
    assert (tmp_path / release_text_file(release.id)).read_text() == body[3:-4]
    data = json.loads((tmp_path / release_data_file(release.id)).read_bytes())
    assert data["body_text"] == body[3:-4]


@pytest.mark.thorough
@every_format
def test_endless_names_leave_the_feed_small(kind: Format, tmp_path: Path) -> None:
    text = "word " * 200_000
    file = Media("https://acme.example/a.pdf", "application/pdf", title=text)
    release = make_release(1, title=text, publisher=text, section=text, attachments=(file,))
    found = shown(release, kind, tmp_path)
    for name in (found.title, found.author, found.topics[-1]):
        assert name.startswith("word word")
        assert name.endswith("word…")
        assert 400 < len(name) <= 500
    assert (tmp_path / feed_file(Facet(), kind)).stat().st_size < 50_000


NAMES = ("../../x", "..", ".", "\0", "CON", "con", "a" * 300, "a" * 301, "a/b", "a%2Fb", "<x>")


def test_a_topic_with_any_name_has_feeds_within_the_site(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    releases = [make_release(n, topics=(name,)) for n, name in enumerate(NAMES)]
    done = publish(SampleStore(*releases), site, SITE)
    assert done.errors == ()
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"site"}
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}
    for number, name in enumerate(NAMES):
        for kind in FORMATS:
            file = site / feed_file(Facet(topic=name), kind)
            assert site in file.resolve().parents
            content = file.read_text("utf-8")
            assert content.count(f"urn:uuid:{make_release(number).id}") == 1
            assert len(re.findall(r'"id":|<guid|<entry', content)) == 1
            assert len(file.name) < 255


def test_feeds_of_hostile_releases_are_the_same_in_every_run(tmp_path: Path) -> None:
    release = make_release(1, title="\ufffe<b>", topics=NAMES, body_html="<p>]]>\0")
    for folder in ("a", "b"):
        publish(SampleStore(release), tmp_path / folder, SITE)
    files = {
        path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()
    }
    assert len(files) > 80
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_description_of_an_rss_channel_is_html_in_which_names_are_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)> & sons"
    store = SampleStore(make_release(1))
    store.label(economy=name)
    assert not publish(store, tmp_path, SiteSettings()).errors
    rss = etree.parse(tmp_path / "feeds/topic/economy.rss")
    said = rss.findtext("channel/description") or ""
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; sons" in said
    assert "<img" not in said
