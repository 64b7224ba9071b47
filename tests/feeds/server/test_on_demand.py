"""Searches, what once was and selections are feeds like all others, made when asked for."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import lxml.html
import pytest
from lxml import etree

from data.clock import utc_now
from data.models import Draft, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from feeds.server.on_demand import OnDemand
from feeds.server.site_cache import CachedFile
from feeds.urls import EVENT_FEEDS
from tests.feeds.sample_store import SampleStore, make_release
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

ATOM = "{http://www.w3.org/2005/Atom}"
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store and a site, which tests only read."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def web(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
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
    store.update_search_index()
    site = SiteSettings(url="https://press.example")
    publish(store, home / "site", site)
    store.close()
    yield from served_by(create_app(home / "site", url, site))


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


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("q=bridge", "Search: bridge"),
        ("q=bridge&source=acme&topic=economy&lang=en", "Search: bridge · ACME · Economy · English"),
        ("lang=az", "Search: Azerbaijani"),
    ],
)
def test_a_search_is_named_by_its_query_and_links_to_its_page(
    web: httpx.Client, query: str, name: str
) -> None:
    channel = etree.fromstring(web.get(f"/feeds/search.rss?{query}").content)[0]
    assert channel.findtext("title") == f"{name} · Communique"
    assert channel.findtext("description") == f"Press releases: {name.removeprefix('Search: ')}."
    link = channel.findtext("link")
    assert link is not None
    assert link.startswith("https://press.example/search?")
    answer = web.get(link.removeprefix("https://press.example"))
    page: Any = lxml.html.fromstring(answer.text)
    shown = [one.text_content() for one in page.xpath("//a[@class='title']")]
    assert [one.text for one in channel.findall("item/title")] == shown


def test_a_search_page_links_to_its_feed(web: httpx.Client) -> None:
    answer = web.get("/search?q=bridge&source=acme")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    page: Any = lxml.html.fromstring(answer.text)
    assert [one.text_content() for one in page.xpath("//a[@class='title']")] == ["Bridge opens"]
    assert page.xpath("//a[@class='title']/mark/text()") == ["Bridge"]
    assert page.xpath("//input[@name='q']/@value") == ["bridge"]
    assert page.xpath("//input[@name='source']/@value") == ["acme"]
    for place in ("/search?q=bridge&source=acme", "/search/?q=bridge&source=acme"):
        page = lxml.html.fromstring(web.get(place).text)
        page.make_links_absolute(str(web.base_url.join(place)))
        feed, release = (
            page.xpath("//a[@type='application/atom+xml']/@href")[0],
            page.xpath("//a[@class='title']/@href")[0],
        )
        assert titles(web.get(feed)) == ["Bridge opens"]
        assert web.get(release).status_code == 200


def test_the_empty_search_page_has_a_search_field(web: httpx.Client) -> None:
    page: Any = lxml.html.fromstring(web.get("/search").text)
    assert page.xpath("//input[@name='q']/@value") == [""]
    assert page.xpath("//a[@class='title']") == []
    wild = web.get("/search", params={"q": '"><script>alert(1)</script>'})
    assert wild.status_code == 200
    assert "<script>alert" not in wild.text


def test_a_static_copy_states_that_it_cannot_search(tmp_path: Path) -> None:
    publish(SampleStore(make_release(1)), tmp_path, SiteSettings())
    page: Any = lxml.html.fromstring((tmp_path / "search" / "index.html").read_text("utf-8"))
    assert page.xpath("//form") == []
    assert "copy" in page.xpath("//main")[0].text_content()


def test_a_saved_search_shows_new_results_before_the_best_ones(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    for number in range(6):
        text = f"bridge {'bridge ' * (10 - number)} {'and other things ' * number * 9} {number}"
        release = make_release(number, title=f"Note {number}", body_text=text)
        draft = Draft("acme", release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    store.update_search_index()
    store.close()
    for web in served_by(create_app(tmp_path / "site", url, SiteSettings(entries=2))):
        assert titles(web.get("/feeds/search.atom?q=bridge")) == ["Note 5", "Note 4"]


def test_a_language_is_found_with_and_without_its_region(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    for number, language in enumerate(["en", "en-GB", "de", "de", "de"]):
        body = f"About the bridge, number {number}."
        release = make_release(number, title=f"Note {number}", language=language, body_text=body)
        draft = Draft("acme", release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    store.update_search_index()
    store.close()
    for web in served_by(create_app(tmp_path / "site", url, SiteSettings(entries=2))):
        assert titles(web.get("/feeds/search.atom?q=bridge&lang=en")) == ["Note 1", "Note 0"]
        assert titles(web.get("/feeds/search.atom?q=bridge&lang=en-GB")) == ["Note 1"]
        assert titles(web.get("/feeds/search.atom?lang=en")) == ["Note 1", "Note 0"]
        assert titles(web.get("/feeds/search.atom?source=acme")) == ["Note 4", "Note 3"]
        assert titles(web.get("/feeds/search.atom?source=acme&topic=economy&lang=en-GB")) == [
            "Note 1"
        ]
        assert titles(web.get("/feeds/search.atom?lang=en&q=%3F")) == []


@pytest.mark.parametrize("query", ["", "q=", 'q=" OR *', "q=NEAR(", "q='; DROP", "q=%00%ff", "x=1"])
def test_a_search_for_nothing_finds_nothing(web: httpx.Client, query: str) -> None:
    assert titles(web.get(f"/feeds/search.atom?{query}")) == []


def test_a_feed_as_of_a_day_matches_what_a_subscriber_saw_then(web: httpx.Client) -> None:
    assert titles(web.get("/feeds/all.atom?asof=2022-11-25")) == ["Harbour opens"]
    assert titles(web.get("/feeds/all.atom?asof=2022-11-27")) == ["Bridge opens", "Harbour opens"]
    assert titles(web.get("/feeds/source/acme.atom?asof=2023-01-01")) == [
        "Bridge opens",
        "Harbour stays shut",
    ]
    assert titles(web.get("/feeds/all.atom?asof=2000-01-01")) == []


@pytest.mark.parametrize("day", ["yesterday", "2022-13-01", "99999-01-01"])
def test_no_day_is_reported_with_the_fix(web: httpx.Client, day: str) -> None:
    answer = web.get(f"/feeds/all.atom?asof={day}")
    assert answer.status_code == 400
    assert "asof=2024-03-01" in answer.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("source=acne", "did you mean acme?"),
        ("source=acme,xyz", "/sources/"),
        ("q=bridge&state=foo", "state=corrected or state=retracted"),
        ("q=bridge&lang=english", "lang=en"),
        ("q=bridge&since=2026-13-01", "since=2024-03-01"),
    ],
)
@pytest.mark.parametrize("path", ["/feeds/search.atom", "/feeds/search.json", "/opml.xml"])
def test_a_feed_that_would_stay_empty_is_refused_with_the_fix(
    web: httpx.Client, path: str, asked: str, said: str
) -> None:
    answer = web.get(f"{path}?{asked}")
    assert answer.status_code == 400
    assert said in answer.text


def test_sources_that_were_renamed_or_removed_or_have_nothing_yet_are_not_refused(
    tmp_path: Path,
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    for name in ("before", "gone", "fresh"):
        store.register(Source(name, name.title(), f"https://{name}.example/", "UTC"))
    release = make_release(1, source="before", title="Bridge opens")
    draft = Draft("before", release.url, release.content)
    store.record(draft, seen=release.order, since=release.order)
    store.rename_source("before", "after")
    store.remove_source("gone", at=release.order, kept=False)
    store.close()
    for web in served_by(create_app(tmp_path / "site", url, SiteSettings())):
        assert titles(web.get("/feeds/search.atom?source=before")) == ["Bridge opens"]
        for name in ("before", "after", "gone", "fresh"):
            for path in ("/feeds/search.atom", "/opml.xml"):
                assert web.get(f"{path}?source={name}").status_code == 200


def test_opml_of_a_selection(web: httpx.Client) -> None:
    root: Any = etree.fromstring(web.get("/opml.xml?source=acme&topic=economy").content)
    assert root.xpath("//@xmlUrl") == ["https://press.example/feeds/source/acme/topic/economy.atom"]


@pytest.mark.parametrize("asked", ["source=agency&source=wire", "source=agency,wire"])
def test_opml_of_several_sources(wire: httpx.Client, asked: str) -> None:
    root: Any = etree.fromstring(wire.get(f"/opml.xml?{asked}").content)
    feeds = set(root.xpath("//@xmlUrl"))
    assert {f"https://press.example/feeds/source/{one}.atom" for one in ("agency", "wire")} <= feeds
    assert not any("/feeds/all" in feed or "/feeds/date" in feed for feed in feeds)


@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_the_feed_of_the_only_language_redirects_to_the_feed_of_all(
    web: httpx.Client, kind: str
) -> None:
    answer = web.get(f"/feeds/language/en.{kind}", follow_redirects=False)
    assert answer.status_code == 302
    assert answer.url.join(answer.headers["location"]).path == f"/feeds/all.{kind}"
    assert web.get(f"/feeds/language/az.{kind}", follow_redirects=False).status_code == 404


def groups_in(root: Any) -> set[str]:
    return {str(url).split("/feeds/")[1].split("/")[0] for url in root.xpath("//@xmlUrl")}


def test_opml_lists_sources_unless_groups_are_named(web: httpx.Client) -> None:
    def listed(query: str) -> set[str]:
        return groups_in(etree.fromstring(web.get(f"/opml.xml{query}").content))

    assert listed("?groups=sources") == {"source"}
    # The feed of the only language would repeat that of all.
    assert listed("?groups=topics,languages") == {"topic"}
    assert listed("?groups=all,events") == {f"{one}.atom" for one in ("all", *EVENT_FEEDS)}
    root: Any = etree.fromstring(web.get("/opml.xml?groups=days").content)
    days = root.xpath("//@xmlUrl")
    assert days
    assert all(len(url.split("/feeds/date/")[1].split("/")) == 3 for url in days)
    assert listed("?source=acme&groups=topics") == {"source"}
    answer = web.get("/opml.xml?groups=topics,nothing")
    assert answer.status_code == 400
    assert "nothing" in answer.text


def test_an_unknown_value_changes_nothing(web: httpx.Client) -> None:
    assert web.get("/feeds/all.atom?utm=x").content == web.get("/feeds/all.atom").content
    assert web.get("/feeds/source/nobody.atom?asof=2022-11-25").status_code == 404
    assert web.get("/feeds/search.txt?q=x").status_code == 404


def test_a_failing_store_is_reported_and_feeds_are_served(
    tmp_path: Path,
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    open_store(url).close()
    publish(SampleStore(make_release(1)), tmp_path / "site", SiteSettings())
    for web in served_by(create_app(tmp_path / "site", url, SiteSettings())):
        for file in tmp_path.glob("communique.db*"):
            file.write_bytes(b"no database" * 1000)
        for address in ("/feeds/search.atom?q=bridge", "/search?q=bridge", "/opml.xml?source=acme"):
            answer = web.get(address)
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
            page: Any = lxml.html.fromstring(answer.text)
            assert page.findtext(".//h1") == "Service Unavailable"
        assert web.get("/feeds/all.atom").status_code == 200


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A site of an agency and of a wire that brings the agency's release three days later."""
    tmp_path = tmp_path_factory.mktemp("wire")
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    text = "The board opened pier 4 to ships of every size, and counted 38 of them on that day. "
    text += "Odile Brandt, who leads it, spoke of the largest basin that was ever dug at Lindmouth."
    for later, source in enumerate(("agency", "wire")):
        store.register(Source(source, source.title(), f"https://{source}.example/", "UTC"))
        release = make_release(1, source=source, title=f"Pier 4, by {source}", body_text=text)
        seen = release.order + later * 3 * DAY
        store.record(Draft(source, release.url, release.content), seen=seen, since=seen)
    store.update_search_index()
    site = SiteSettings(url="https://press.example")
    publish(store, tmp_path / "site", site)
    store.close()
    yield from served_by(create_app(tmp_path / "site", url, site))


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/feeds/all.atom?asof=2022-11-25", False),
        ("/feeds/all.atom?asof=2023-01-01", True),
        ("/feeds/search.atom?q=basin", True),
        ("/search?q=basin", True),
    ],
)
def test_a_story_is_shown_once_in_feeds_of_several_sources(
    wire: httpx.Client,
    address: str,
    named: bool,  # noqa: FBT001 - given by pytest
) -> None:
    answer = wire.get(address)
    assert answer.text.count(">Pier 4, by agency<") == 1
    assert answer.text.count(">Pier 4, by wire<") == 0
    assert ("Wire" in answer.text) == named


def test_a_search_of_one_source_shows_its_part_of_a_story(wire: httpx.Client) -> None:
    assert titles(wire.get("/feeds/search.atom?q=basin&source=wire")) == ["Pier 4, by wire"]
    assert titles(wire.get("/feeds/source/wire.atom?asof=2023-01-01")) == ["Pier 4, by wire"]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The site of three sources, which tests only read."""
    with of_three_sources(tmp_path_factory.mktemp("many")) as (web, _):
        yield web


@contextmanager
def of_three_sources(folder: Path) -> Iterator[tuple[httpx.Client, Store]]:
    """Serve a site with a topic in letters that addresses encode. Yields a client and the store."""
    url = f"sqlite:{folder / 'communique.db'}"
    store = open_store(url)
    for number, source in enumerate(("acme", "agency", "wire")):
        store.register(Source(source, source.title(), f"https://{source}.example/", "UTC"))
        text = f"All that {source} has to say about the bridge, in a text of its own: {number}."
        release = make_release(
            number, source=source, title=f"By {source}", body_text=text, topics=("énergie",)
        )
        draft = Draft(source, release.url, release.content)
        seen = release.order + number * DAY
        store.record(draft, seen=seen, since=seen)
    store.update_search_index()
    site = SiteSettings(url="https://press.example")
    publish(store, folder / "site", site)
    for web in served_by(create_app(folder / "site", url, site)):
        yield web, store
    store.close()


def test_a_feed_whose_address_is_encoded_is_shown_as_of_a_day_too(
    many: httpx.Client,
) -> None:
    answer = many.get("/feeds/topic/%C3%A9nergie.atom?asof=2022-11-25")
    assert titles(answer) == ["By agency", "By acme"]
    root: Any = etree.fromstring(answer.content)
    assert root.find(f"{ATOM}link[@rel='self']").get("href") == (
        "https://press.example/feeds/topic/%C3%A9nergie.atom?asof=2022-11-25"
    )


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2022-11-25T09:00:00Z", 2),
        ("2022-11-25T08:59:59", 1),
        ("2022-11-25T13:00:00+04:00", 2),
        ("2022-11-25T12:59:59+04:00", 1),
        ("2022-11-25T23:30:00-15:00", 3),
    ],
)
def test_a_feed_is_shown_as_of_an_instant(many: httpx.Client, at: str, shown: int) -> None:
    assert len(titles(many.get("/feeds/all.atom", params={"asof": at}))) == shown
    # As people write it, who forget that a plus sign has to be encoded.
    assert len(titles(many.get(f"/feeds/all.atom?asof={at}"))) == shown


def test_times_that_no_calendar_holds_are_not_days(web: httpx.Client) -> None:
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert web.get("/feeds/all.atom", params={"asof": at}).status_code == 400


def test_a_future_day_is_refused_but_today_is_accepted(web: httpx.Client) -> None:
    now = utc_now()
    for at in (f"{now + dt.timedelta(days=1):%Y-%m-%d}", "2100-01-01", "2100-01-01T00:00:00Z"):
        answer = web.get("/feeds/all.atom", params={"asof": at})
        assert answer.status_code == 400
        assert "in the future" in answer.text
    assert web.get("/feeds/all.atom", params={"asof": f"{now:%Y-%m-%d}"}).status_code == 200


def test_days_in_the_wrong_order_are_refused(web: httpx.Client) -> None:
    for address in ("/feeds/search.atom", "/opml.xml"):
        answer = web.get(address, params={"since": "2026-01-01", "until": "2025-01-01"})
        assert answer.status_code == 400
        assert "2026-01-01" in answer.text
        assert "2025-01-01" in answer.text


def test_an_address_is_not_asked_for_unsupported_content(web: httpx.Client) -> None:
    assert b"As of" not in web.get("/feeds/search.atom?q=bridge&asof=2022-11-25").content
    for address, more in (("/opml.xml?source=acme", "x"), ("/feeds/all.atom?asof=2022-11-25", "q")):
        answers = [web.get(f"{address}&{more}={number}") for number in range(3)]
        assert {answer.content for answer in answers} == {web.get(address).content}


@pytest.mark.parametrize("asked", ["source=acme&source=wire", "source=acme,wire"])
def test_a_search_in_several_sources_finds_releases_of_any(many: httpx.Client, asked: str) -> None:
    assert titles(many.get(f"/feeds/search.atom?q=bridge&{asked}")) == ["By wire", "By acme"]
    assert titles(many.get(f"/feeds/search.atom?q=bridge&{asked}&topic=none")) == []
    assert titles(many.get(f"/feeds/search.atom?{asked}")) == ["By wire", "By acme"]
    assert titles(many.get(f"/feeds/search.atom?{asked}&topic=none,nothing")) == []


def test_a_search_that_lost_its_newest_hit_is_not_called_unmodified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.server.on_demand.CACHE_SECONDS", 0)
    with of_three_sources(tmp_path) as (web, store):
        address = "/feeds/search.atom?q=bridge"
        before = web.get(address)
        since = {"if-modified-since": before.headers["last-modified"]}
        assert web.get(address, headers=since).status_code == 304
        release = make_release(2, source="wire", title="By wire", body_text="It is withdrawn: 198.")
        seen = release.order + 9 * DAY
        assert store.record(Draft("wire", release.url, release.content), seen=seen, since=seen)
        store.update_search_index()
        assert titles(web.get(address, headers=since)) == ["By agency", "By acme"]


def test_responses_made_on_demand_are_kept_within_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    open_store(url).close()
    monkeypatch.setattr("feeds.server.on_demand.MAX_CACHED_BYTES", 5_000)
    demand = OnDemand(url, SiteSettings())
    first = demand.answer("/feeds/search.atom", b"q=0")
    assert demand.answer("/feeds/search.atom", b"q=0") is first
    for number in range(1, 20):
        demand.answer("/feeds/search.atom", b"q=%d" % number)
    assert demand.answer("/feeds/search.atom", b"q=0") is not first


TOPIC = "/feeds/source/acme/topic/economy"


def test_the_feed_of_a_topic_of_a_source_is_made_on_request(web: httpx.Client, home: Path) -> None:
    assert not (home / f"site{TOPIC}.atom").exists()
    answer = web.get(f"{TOPIC}.atom")
    assert titles(answer) == ["Bridge opens", "Harbour stays shut"]
    root: Any = etree.fromstring(answer.content)
    assert root.findtext(f"{ATOM}title") == "ACME: Economy"
    assert root.find(f"{ATOM}link[@rel='self']").get("href") == (
        f"https://press.example{TOPIC}.atom"
    )
    assert root.findall(f"{ATOM}link[@rel='hub']") == []
    tag = {"if-none-match": answer.headers["etag"]}
    assert web.get(f"{TOPIC}.atom", headers=tag).status_code == 304
    for kind in ("rss", "json"):
        assert "Bridge opens" in web.get(f"{TOPIC}.{kind}").text
    for missing in ("/feeds/source/acme/topic/none.atom", f"{TOPIC}/page/1.atom", f"{TOPIC}.txt"):
        assert web.get(missing).status_code == 404


def test_the_page_of_a_topic_of_a_source_is_made_on_request(web: httpx.Client) -> None:
    answer = web.get("/sources/acme/topics/economy", follow_redirects=True)
    assert answer.url.path == "/sources/acme/topics/economy/"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page: Any = lxml.html.fromstring(answer.content)
    assert [one.text for one in page.find_class("title")] == ["Bridge opens", "Harbour stays shut"]
    assert web.get("/sources/acme/topics/none/").status_code == 404


def test_the_archive_pages_of_a_topic_of_a_source_lead_back_to_its_first_release(
    tmp_path: Path,
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    for number in range(9):
        release = make_release(number)
        draft = Draft("acme", release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    site = SiteSettings(url="https://press.example", entries=2)
    publish(store, tmp_path / "site", site)
    store.close()
    for web in served_by(create_app(tmp_path / "site", url, site)):
        address = f"{TOPIC}.atom"
        found: list[list[str]] = []
        while address:
            answer = web.get(address)
            found.append(titles(answer))
            root: Any = etree.fromstring(answer.content)
            older = root.find(f"{ATOM}link[@rel='prev-archive']")
            address = "" if older is None else older.get("href").removeprefix(site.url)
    assert len(found) > 5
    assert [*chain(*found)] == [f"Statement {number}" for number in range(8, -1, -1)]


def test_older_pages_of_a_topic_of_a_source_lead_back_to_its_first_release(
    tmp_path: Path,
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    store = open_store(url)
    for number in range(75):
        release = make_release(number)
        draft = Draft("acme", release.url, release.content)
        store.record(draft, seen=release.order, since=release.order)
    store.close()
    site = SiteSettings(url="https://press.example", entries=44)
    for web in served_by(create_app(tmp_path / "site", url, site)):
        address = "/sources/acme/topics/economy/"
        found: dict[str, list[str]] = {}
        while address not in found:
            page: Any = lxml.html.fromstring(web.get(address).content)
            found[address] = [one.text for one in page.find_class("title")]
            older = page.xpath("//nav[@class='paging']/a[@rel='next']/@href")
            address = urljoin(address, older[0]) if older else address
        missing = ("page/9/", "page/latest-2/", "page/1-2/", "page/0/", "page/x/")
        told = {web.get(f"/sources/acme/topics/economy/{one}").status_code for one in missing}
    assert [one.removeprefix("/sources/acme/topics/economy/") for one in found] == [
        *("", "page/latest/", "page/1/"),
    ]
    assert [*chain(*found.values())] == [f"Statement {number}" for number in range(74, -1, -1)]
    assert told == {404}


def test_a_source_links_to_its_topics_on_a_static_host_and_on_our_server(
    web: httpx.Client, home: Path
) -> None:
    page: Any = lxml.html.fromstring((home / "site/sources/acme/index.html").read_bytes())
    (address,) = page.xpath("//section[h2='Topics']//a/@href")
    assert address == "../../search/?source=acme&topic=economy"
    assert (home / "site/search/index.html").is_file()
    assert "Bridge opens" in web.get(f"/sources/acme/{address}", follow_redirects=True).text


def test_a_question_that_takes_long_keeps_no_other_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:{tmp_path / 'communique.db'}"
    open_store(url).close()
    begun, may_end = threading.Event(), threading.Event()
    asked: list[bytes] = []
    answer = OnDemand.answer

    def slowly(self: OnDemand, path: str, query: bytes) -> CachedFile | None:
        asked.append(query)
        if query == b"q=slow":
            begun.set()
            assert may_end.wait(PATIENCE)
        return answer(self, path, query)

    monkeypatch.setattr(OnDemand, "answer", slowly)
    for web in served_by(create_app(tmp_path / "site", url, SiteSettings())):
        with ThreadPoolExecutor(2) as readers:
            slow = [readers.submit(web.get, "/feeds/search.atom?q=slow") for _ in range(2)]
            assert begun.wait(PATIENCE)
            assert web.get("/feeds/search.atom?q=quick").status_code == 200
            may_end.set()
            assert [one.result().status_code for one in slow] == [200, 200]
    assert asked.count(b"q=quick") == 1


@pytest.mark.parametrize("letter", ["\0", "\x01", "\x1f", "\ufffe"])
def test_an_impossible_feed_request_is_refused(many: httpx.Client, letter: str) -> None:
    for kind in ("atom", "rss", "json"):
        for asked in ({"lang": letter}, {"q": f"a{letter}b"}, {"topic": letter}):
            answer = many.get(f"/feeds/search.{kind}", params=asked)
            assert answer.status_code in {200, 400}, (kind, asked)
    answer = many.get("/opml.xml", params={"lang": letter})
    assert answer.status_code == 400 or etree.fromstring(answer.content).tag == "opml"
