"""What has no date floods no feed: it is on its source's page and on archive pages."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from data.models import UNDATED_BEFORE, Published, Release
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = SiteSettings(url="https://press.example", entries=4)


def backlog(number: int, position: int) -> Release:
    """A release that had no date at the first visit, by its place on the page."""
    none = Published(NOON, "none", "Asia/Yerevan", "", "undated")
    order = UNDATED_BEFORE - dt.timedelta(seconds=1 + position)
    return make_release(number, published=none, order=order)


def latecomer(number: int) -> Release:
    """A release without a date that came up later."""
    none = Published(NOON, "none", "Asia/Yerevan", "", "undated")
    return make_release(number, published=none, order=NOON + dt.timedelta(hours=5))


@pytest.fixture
def store() -> SampleStore:
    """One dated release, one that came up later without a date, five that were there before."""
    return SampleStore(
        make_release(1), latecomer(2), *(backlog(10 + place, place) for place in range(5))
    )


@pytest.fixture
def site(tmp_path: Path, store: SampleStore) -> Path:
    """The published site."""
    done = publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert done.errors == ()
    return tmp_path / "site"


def titles(site: Path, file: str) -> list[str | None]:
    """The titles of one feed document."""
    root = etree.parse(site / file).getroot()
    return [one.text for one in root.findall(f"{ATOM}entry/{ATOM}title")]


@pytest.mark.thorough
@pytest.mark.parametrize("stem", ["feeds/all", "feeds/source/acme", "feeds/topic/economy"])
def test_the_backlog_is_on_archive_pages_and_in_no_current_document(site: Path, stem: str) -> None:
    assert titles(site, f"{stem}.atom") == ["Statement 2", "Statement 1"]
    pages = [titles(site, f"{stem}/page/{number}.atom") for number in (3, 2, 1)]
    assert pages == [["Statement 10"], ["Statement 11", "Statement 12"],
                     ["Statement 13", "Statement 14"]]  # fmt: skip


def test_an_archive_page_of_the_backlog_never_changes(
    tmp_path: Path, store: SampleStore, site: Path
) -> None:
    before = {path: path.read_bytes() for path in site.rglob("page/[12].atom")}
    store.put(backlog(20, 7))
    store.put(make_release(3))
    assert publish(store, site, SITE, cache=tmp_path / "rendered.db").errors == ()
    assert titles(site, "feeds/all.atom") == ["Statement 2", "Statement 3", "Statement 1"]
    assert titles(site, "feeds/all/page/4.atom") == ["Statement 20"]
    assert {path: path.read_bytes() for path in before} == before


def test_an_edit_of_the_backlog_does_not_bring_it_into_the_feed(
    tmp_path: Path, store: SampleStore, site: Path
) -> None:
    edited = backlog(10, 0)
    edited = replace(edited, updated=NOON + dt.timedelta(days=9), revision=2)
    store.put(replace(edited, content=replace(edited.content, title="Statement 10, corrected")))
    assert publish(store, site, SITE, cache=tmp_path / "rendered.db").errors == ()
    assert titles(site, "feeds/all.atom") == ["Statement 2", "Statement 1"]


def test_a_dated_copy_of_an_undated_release_is_new(tmp_path: Path) -> None:
    first = replace(backlog(10, 0), story="one")
    copy = make_release(1, "wire", story="one")
    done = publish(SampleStore(first, copy), tmp_path / "site", SITE)
    assert done.errors == ()
    assert titles(tmp_path / "site", "feeds/all.atom") == ["Statement 1"]
    home = (tmp_path / "site" / "index.html").read_text()
    assert ">Statement 1<" in home
    assert "<bdi>ACME Corporation</bdi>" in home


def test_the_page_of_the_source_lists_the_backlog_last_in_the_order_of_the_page(
    site: Path,
) -> None:
    html = (site / "sources/acme/index.html").read_text()
    places = [html.index(f">Statement {number}<") for number in (1, 2, 10, 11, 12, 13)]
    assert places == sorted(places)
    assert html.index(">No date<") < places[2]
    assert "7 releases." in html
    assert ">Statement 10<" not in (site / "index.html").read_text()


def test_pages_claim_no_date_and_no_hour(site: Path, store: SampleStore) -> None:
    for release in store.every().values():
        html = (site / f"releases/{release.id}/index.html").read_text()
        byline = html.split('class="byline"')[1].split("</p>")[0]
        assert ("No date" in byline) is (release.published.precision == "none")
        assert ("<time" in byline) is (release.published.precision != "none")
        origin = html.split('id="origin"')[1].split("</details>")[0]
        assert ("No date is given" in origin) is (release.published.precision == "none")


def test_entries_are_marked_and_those_of_the_backlog_claim_no_time(site: Path) -> None:
    def items(file: str) -> list[dict[str, Any]]:
        return json.loads((site / file).read_text())["items"]  # type: ignore[no-any-return]

    late, dated = items("feeds/all.json")
    assert "No date" in late["tags"]
    assert late["date_published"].startswith("2022-11-24T12:00:00")
    assert "No date" not in dated["tags"]
    old = items("feeds/all/page/1.json")
    assert all("date_published" not in one and "No date" in one["tags"] for one in old)
    assert b"<pubDate>" not in (site / "feeds/all/page/1.rss").read_bytes()
    assert b"<published>" not in (site / "feeds/all/page/1.atom").read_bytes()
