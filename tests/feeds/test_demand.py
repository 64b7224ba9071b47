"""Searches, what once was and selections are feeds like all others, made when asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from data.models import Draft, Source
from data.settings import Site
from data.store import open_store
from feeds.publish import publish
from feeds.server import create_app
from tests.feeds.fakestore import make_release
from tests.feeds.serving import served_by

ATOM = "{http://www.w3.org/2005/Atom}"
DAY = dt.timedelta(days=1)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    for number, title in ((1, "Harbour opens"), (2, "Bridge opens")):
        release = make_release(number, title=title, body_text=f"All about it, {title}, {number}.")
        draft = Draft("acme", release.url, release.content)
        seen = release.order + number * DAY
        store.record(draft, seen=seen, since=seen)
    edited = make_release(1, title="Harbour stays shut", body_text="All about it was wrong.")
    later = edited.order + 10 * DAY
    store.record(Draft("acme", edited.url, edited.content), seen=later, since=later)
    store.index()
    site = Site(url="https://press.example")
    publish(store, tmp_path / "site", site)
    store.close()
    yield from served_by(create_app(tmp_path / "site", url, site))


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    root: Any = etree.fromstring(answer.content)
    return [one.text for one in root.findall(f"{ATOM}entry/{ATOM}title")]


def test_a_search_is_a_feed(web: httpx.Client) -> None:
    answer = web.get("/feeds/search.atom", params={"q": "bridge"})
    assert titles(answer) == ["Bridge opens"]
    root: Any = etree.fromstring(answer.content)
    assert root.find(f"{ATOM}link[@rel='self']").get("href") == (
        "https://press.example/feeds/search.atom?q=bridge"
    )
    again = web.get(
        "/feeds/search.atom?q=bridge", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("query", ["", "q=", 'q=" OR *', "q=NEAR(", "q='; DROP", "q=%00%ff", "x=1"])
def test_a_search_for_nothing_finds_nothing(web: httpx.Client, query: str) -> None:
    assert titles(web.get(f"/feeds/search.atom?{query}")) == []


def test_a_feed_as_of_a_day_is_what_a_subscriber_saw_then(web: httpx.Client) -> None:
    assert titles(web.get("/feeds/all.atom?asof=2022-11-25")) == ["Harbour opens"]
    assert titles(web.get("/feeds/all.atom?asof=2022-11-27")) == ["Bridge opens", "Harbour opens"]
    assert titles(web.get("/feeds/source/acme.atom?asof=2023-01-01")) == [
        "Bridge opens",
        "Harbour stays shut",
    ]
    assert titles(web.get("/feeds/all.atom?asof=2000-01-01")) == []


@pytest.mark.parametrize("day", ["yesterday", "2022-13-01", "99999-01-01"])
def test_no_day_is_told_with_the_fix(web: httpx.Client, day: str) -> None:
    answer = web.get(f"/feeds/all.atom?asof={day}")
    assert answer.status_code == 400
    assert "write asof=" in answer.text


def test_opml_of_a_selection(web: httpx.Client) -> None:
    root: Any = etree.fromstring(web.get("/opml.xml?source=acme&topic=economy").content)
    assert root.xpath("//@xmlUrl") == ["https://press.example/feeds/source/acme/topic/economy.atom"]


def test_what_nobody_knows_changes_nothing(web: httpx.Client) -> None:
    assert web.get("/feeds/all.atom?utm=x").content == web.get("/feeds/all.atom").content
    assert web.get("/feeds/source/nobody.atom?asof=2022-11-25").status_code == 404
    assert web.get("/feeds/search.txt?q=x").status_code == 404
