"""The main job on real pages, where the folder ../shared is present."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

import feedparser
import pytest

from data.models import Facet
from data.store.sqlite.store import SqliteStore
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, served


@pytest.fixture
def room() -> Iterator[Room]:
    """An empty press room."""
    with served() as room:
        yield room


def test_the_seed_is_collected_as_expected_and_absent_releases_are_kept(
    shared: Path, room: Room, tmp_path: Path
) -> None:
    expected = json.loads((shared / "seed" / "expected.json").read_text("utf-8"))
    site = shared / "seed" / "site"
    for path in site.rglob("*.html"):
        room.page(f"/{path.relative_to(site)}", path.read_text("utf-8"))
    home = make_home(tmp_path / "home", f"{room.base}/en/news.html")
    source = home / "sources" / "harbour.toml"
    source.write_text(
        f'name = "{expected["publisher"]}"\nurl = "{room.base}/en/news.html"\n'
        'timezone = "Asia/Baku"\n'
    )
    run = collect(home)
    assert (run["found"], run["new"]) == (4, 1)
    absent = {room.base + path for path in expected["other_news"]}
    assert {error["url"] for error in run["errors"] if "/news/" in error["url"]} == absent
    store = SqliteStore(home / "communique.db")
    (release,) = store.releases(Facet())
    store.close()
    content = release.content
    assert content.title == expected["title"]
    assert release.published.iso == expected["published"]
    assert release.published.precision == expected["precision"]
    assert (content.language, content.section) == (expected["language"], expected["section"])
    assert content.publisher == expected["publisher"]
    paragraphs = content.body_text.split("\n\n")
    assert len(paragraphs) == expected["paragraphs"]
    assert paragraphs[0].startswith(expected["body_first"])
    assert paragraphs[-1].endswith(expected["body_last"])
    assert not [text for text in expected["not_in_body"] if text in content.body_text]


@pytest.mark.parametrize("pages", [12, *thorough(60)])
def test_real_pages_are_stored_published_and_answered_with_304(
    shared: Path, room: Room, tmp_path: Path, pages: int
) -> None:
    corpus = shared / "corpora" / "dev"
    lines = (corpus / "manifest.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    chosen = [row for row in rows if row["title"] and row["published"]][:pages]
    items = []
    for number, row in enumerate(chosen):
        # rel=canonical and the like name the real site; ours has the pages at its own addresses.
        room.answers[f"/news/{number}.html"] = Answer(
            gzip.decompress((corpus / row["html_path"]).read_bytes()), content_type="text/html"
        )
        items.append(
            f'<li><span class="date">{row["published"][:10]}</span> '
            f'<a href="/news/{number}.html">{escape(row["title"])}</a></li>'
        )
    room.page("/news/", f"<html><body><ul class='news'>{''.join(items)}</ul></body></html>")
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    run = collect(home)
    assert (run["found"], run["new"]) == (pages, pages), run["errors"]
    assert communique("publish", home=home).returncode == 0
    store = SqliteStore(home / "communique.db")
    releases = {f"urn:uuid:{one.id}": one for one in store.releases(Facet())}
    store.close()
    for kind in ("atom", "rss"):
        read = feedparser.parse((home / "site/feeds/source" / f"harbour.{kind}").read_bytes())
        assert not read.bozo, read.get("bozo_exception")
        assert {entry.id for entry in read.entries} == releases.keys()
        for entry in read.entries:
            release = releases[entry.id]
            assert squash(entry.title) == squash(release.content.title)
            published = release.published.at
            assert tuple(entry.published_parsed[:6]) == published.timetuple()[:6]
    room.log.clear()
    again = collect(home)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, pages)
    # What the pages of many sites link to, as if they were of this one, is not there to be fetched.
    assert {status for path, status in room.log if path in room.answers} == {304}


def squash(text: str) -> str:
    """Text without white space: feedparser strips it in its own way."""
    return re.sub(r"\s+", "", text)
