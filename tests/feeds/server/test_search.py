"""The page of a search: what is found, how it is narrowed, and what can't be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import lxml.html
import pytest
from lxml import etree

from data.errors import SlowSearch
from data.models import FileText, Media, Source
from data.settings import SiteSettings
from data.store.open import open_store
from data.store.sqlite.connection import SqliteConnection
from data.store.sqlite.store import SqliteStore
from feeds.http_headers import COMPRESSORS
from feeds.server.app import create_app
from feeds.server.on_demand import OnDemand
from feeds.server.search import RESULTS_PER_PAGE
from tests.drafts import capture, draft, published
from tests.feeds.serving import served_by

LONGER = 2 * RESULTS_PER_PAGE + 5
"""Releases of the harbour: three pages of hits."""

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
EVIL = "<img src=x onerror=alert(1)>\"&'</title>"

ENDLESS = "WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with some releases, and one that means harm."""
    home = tmp_path_factory.mktemp("home")
    store = SqliteStore(home / "communique.db")
    store.register(Source("harbour", "Harbour Board", "https://harbour.example/"))
    store.register(Source("zoo", "Zoo", "https://zoo.example/"))
    with store.transaction():
        for number in range(LONGER):
            one = draft(
                f"http://harbour.example/{number}",
                title=f"Lamps {number}",
                body_text=f"The lamps of the northern mole were lit, and it was number {number}.",
                published=published(f"20{20 + number % 5}-0{1 + number % 3}-{1 + number % 28:02}"),
                language="az" if number % 2 else "en",
            )
            store.record(one, seen=one.content.published.at, since=one.content.published.at)  # type: ignore[union-attr]
        bad = draft("http://zoo.example/1", source="zoo", title=EVIL, body_text=f"Beasts {EVIL}")
        store.record(bad, seen=bad.content.published.at, since=bad.content.published.at)  # type: ignore[union-attr]
    store.update_search_index()
    store.close()
    return home


@pytest.fixture(scope="module")
def web(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    yield from served_by(create_app(home / "site", url, SiteSettings(url="https://press.example")))


def page_of(web: httpx.Client, address: str) -> Any:
    answer = web.get(address)
    assert answer.status_code == 200
    page: Any = lxml.html.fromstring(answer.content, base_url=str(web.base_url.join(address)))
    page.make_links_absolute()
    return page


def texts(page: Any, path: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in page.xpath(path)]


def facet(page: Any, name: str) -> dict[str, str]:
    """The values of a facet with their counts."""
    rows = texts(page, f"//aside//section[h2='{name}']//li")
    return dict(row.rsplit(" ", 1) for row in rows)


def test_pages_lead_to_the_first_hit_and_hold_each_once(web: httpx.Client) -> None:
    for sort in ("", "&sort=best"):
        address, found = f"/search?q=lamps{sort}", list[str]()
        while True:
            page = page_of(web, address)
            found += texts(page, "//a[@class='title']")
            older = page.xpath("//a[@rel='next']/@href")
            if not older:
                break
            address = older[0]
        assert sorted(found) == sorted(f"Lamps {number}" for number in range(LONGER))
    (first,) = page.xpath("//nav[@class='paging']/a/@href")
    assert len(texts(page_of(web, first), "//a[@class='title']")) == RESULTS_PER_PAGE


def test_facets_have_true_counts_and_lead_to_as_many_matches(web: httpx.Client) -> None:
    page = page_of(web, "/search?q=lamps")
    assert texts(page, "//p[@role='status']") == [f"{LONGER} releases"]
    assert facet(page, "Source") == {"Harbour Board": str(LONGER)}
    assert facet(page, "Year") == {str(year): str(LONGER // 5) for year in range(2020, 2025)}
    followed = 0
    for link in page.xpath("//aside[@id='narrow']//ul[@class='cards']//a"):
        name, count = link.text_content().split("\n")[0].rsplit(" ", 1)
        found = page_of(web, link.get("href"))
        (said,) = texts(found, "//p[@role='status']")
        assert said.split()[0] == count, name
        followed += 1
    assert followed > 8


def test_a_year_links_to_its_months_and_each_filter_can_be_removed(web: httpx.Client) -> None:
    page = page_of(web, "/search?q=lamps&lang=az")
    (year,) = page.xpath("//aside//li/a[contains(., '2021')]/@href")
    page = page_of(web, year)
    months = facet(page, "Month")
    assert list(months) == ["March 2021", "February 2021", "January 2021"]
    total = int(texts(page, "//p[@role='status']")[0].split()[0])
    assert sum(map(int, months.values())) == total
    chosen = texts(page, "//ul[contains(@class, 'chosen')]/li")
    assert chosen == ["Language Azerbaijani ×", "Days 2021 ×"]
    for link in page.xpath("//ul[contains(@class, 'chosen')]//a/@href"):
        assert len(texts(page_of(web, link), "//ul[contains(@class, 'chosen')]/li")) == 1
    # Searching for other words keeps what was chosen.
    assert page.xpath("//form//input[@name='lang']/@value") == ["az"]
    assert page.xpath("//form//input[@name='since']/@value") == ["2021-01-01"]


def test_search_results_mark_and_escape_the_found_words(web: httpx.Client) -> None:
    page = page_of(web, "/search?q=northern%20mole")
    assert page.xpath("//p[@class='passage']")[0].xpath("mark/text()") == ["northern", "mole"]
    for query in ("beasts", "img", "alert", EVIL):
        answer = web.get("/search", params={"q": query})
        assert "<img" not in answer.text
        assert "onerror=alert(1)&gt;" in answer.text or "onerror=" in answer.text
        assert answer.text.count("<title>") == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=-lamps", "only excludes words"),
        ("q=%3F!", "“?!” contains no word"),
        ("q=lamps&source=harbor", "“harbor”. Did you mean Harbour Board?"),
        ("q=lamps&source=zoo,nowhere", "“nowhere”"),
        ("source=board", "“board”. Did you mean Harbour Board?"),
        ("q=lamps&topic=transprt", "Did you mean Transport"),
        ("q=lamps&lang=englsh", "Did you mean English"),
        ("q=lamps&state=deleted", "“deleted” is not a valid"),
        ("q=lamps&since=2026-02-31", "“2026-02-31” is not a date"),
        ("q=lamps&since=2026-02-03&until=2025-01-01", "is after the end date"),
        (f"q={'a' * 10_000}", "10,000 characters. The maximum is 1,000"),
        (f"q={'a%20' * 10_000}", "characters. The maximum is 1,000"),
    ],
)
def test_an_invalid_query_is_reported_with_a_suggestion(
    web: httpx.Client, query: str, said: str
) -> None:
    page = page_of(web, f"/search?{query}")
    assert said in " ".join(texts(page, "//p[@role='alert']"))
    assert page.xpath("//a[@class='title']") == []
    assert len(page.xpath("//form//input[@name='q']")) == 1
    for link in page.xpath("//p[@role='alert']//a/@href"):
        assert page_of(web, link).xpath("//p[@role='alert']") == []


def test_the_page_of_an_attachment_is_shown_and_escaped(tmp_path: Path) -> None:
    minutes = Media("http://harbour.example/minutes.pdf", "application/pdf", title="Minutes")
    text = FileText("pdf", ("The lamp is lit", f"Dredging costs 12500 crowns {EVIL}"), "pages")
    store = SqliteStore(tmp_path / "communique.db")
    store.register(Source("harbour", "Harbour Board", "https://harbour.example/"))
    one = draft(attachments=(minutes,))
    store.record(one, seen=NOON, since=NOON)
    store.keep_file("harbour", minutes.url, capture(1, NOON))
    store.keep_file_text(minutes.url, "sha256:aa", text, seen=NOON)
    store.update_search_index()
    store.close()
    app = create_app(tmp_path / "site", f"sqlite:{tmp_path / 'communique.db'}", SiteSettings())
    with contextmanager(served_by)(app) as web:
        page = web.get("/search?q=dredging").text
        (found,) = web.get("/api/search?q=dredging").json()["releases"]
        kept = web.get(f"/api/releases/{found['id']}/attachments").json()["attachments"]
    assert "Minutes, page 2" in page
    assert "<mark>Dredging</mark>" in page
    assert "<img" not in page
    assert (found["file"]["page"], found["file"]["url"]) == (2, minutes.url)
    assert (kept[0]["pages"], kept[0]["cut"]) == ([*text.pages], "pages")


def test_an_ambiguous_query_is_reported(web: httpx.Client) -> None:
    page = page_of(web, "/search?q=lamps%20or%20mole")
    assert "Write OR for the operator" in texts(page, "//p[@role='note']")[0]


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        ("lamps OR", 6, "OR"),
        ("(lamps", 0, "bracket"),
        ("source:harbor", 7, "harbour"),
        ("lamps " * 40, 192, "32 terms"),
    ],
)
def test_a_fault_in_a_query_is_shown_at_its_position(
    web: httpx.Client, text: str, fault: int, words: str
) -> None:
    address = f"?{urlencode({'q': text})}"
    for path in ("/search", "/feeds/builder/"):
        page = page_of(web, path + address)
        line, caret = page.xpath("//pre[@class='fault']")[0].text.split("\n")
        assert line[len(caret) - 1] == text[fault]
        assert words in texts(page, "//p[@role='alert']")[0]
    for path in ("/feeds/search.atom", "/opml.xml"):
        refused = web.get(f"{path}{address}&ql=2")
        assert (refused.status_code, words in refused.text) == (400, True)
        # The address is from the time before operators, when all texts were valid.
        assert web.get(path + address).status_code == 200


def test_a_feed_keeps_the_meaning_of_its_address(web: httpx.Client) -> None:
    def found(query: str) -> int:
        return web.get(f"/feeds/search.atom?{query}").text.count("<entry")

    assert found("q=beasts+OR+nowhere") == 0
    assert found("q=beasts+OR+nowhere&ql=2") == 1
    assert found("q=beasts&ql=2") == found("q=beasts") == 1
    page = page_of(web, "/search?q=beasts+OR+nowhere")
    (feed,) = page.xpath("//link[@type='application/atom+xml']/@href")
    assert parse_qs(urlsplit(feed).query)["ql"] == ["2"]
    assert web.get(feed).text.count("<entry") == 1
    page = page_of(web, "/search?q=beasts+-nowhere&ql=2")
    assert "ql" not in page.xpath("//link[@type='application/atom+xml']/@href")[0]
    for spelling in ("q=beasts&ql=2", "q=beasts&ql=1", "q=beasts&ql=9"):
        assert '?q=beasts"' in web.get(f"/feeds/search.atom?{spelling}").text


@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "q=%25", "q=%ff%fe", 'q=" OR *', "q=NEAR(lamps, 3)", "q=title: lamps"),
        *("q=lamps&cursor=-1", f"q=lamps&cursor={'9' * 21}", "q=lamps&cursor=x&sort=y&more=z"),
        *("q=lamps&sort=best&cursor=99999999", "more=source", "cursor=1", "until=9999-12-31"),
        *("source=%00", "lang=%27--", "topic=%2C%2C"),
    ],
)
def test_no_query_breaks_the_page(web: httpx.Client, query: str) -> None:
    page = page_of(web, f"/search?{query}")
    assert len(page.xpath("//form//input[@name='q']")) == 1


def test_a_search_can_be_saved_as_a_feed_or_opml(web: httpx.Client) -> None:
    page = page_of(web, "/search?q=%22northern+mole%22+-drill&lang=en&state=corrected")
    feeds = page.xpath("//link[@rel='alternate']")
    assert [one.get("type").rpartition("/")[2] for one in feeds] == [
        "atom+xml",
        "rss+xml",
        "feed+json",
    ]
    for one in feeds:
        assert web.get(one.get("href")).status_code == 200
    (opml,) = page.xpath("//a[@type='text/x-opml']/@href")
    root: Any = etree.fromstring(web.get(opml).content)
    (address,) = root.xpath("//outline/@xmlUrl")
    asked = parse_qs(urlsplit(address).query)
    assert asked == {"q": ['"northern mole" -drill'], "lang": ["en"], "state": ["corrected"]}


@pytest.mark.parametrize(
    ("asked", "wider"),
    [
        ("q=zzz+qqq", [{"q": ["zzz OR qqq"]}]),
        ("q=harbourside", [{"q": ["harboursi*"]}]),
        ("q=%22zzz+qqq%22&lang=en", [{"q": ['"zzz qqq"']}]),
        ("q=zzz+OR+qqq", []),
        ("q=lamos", [{"q": ["Lamps"]}, {"q": ["lamo*"]}]),
    ],
)
def test_a_search_without_results_links_to_wider_searches(
    web: httpx.Client, asked: str, wider: list[dict[str, list[str]]]
) -> None:
    page = page_of(web, f"/search?{asked}")
    links = page.xpath("//p[starts-with(., 'Try')]/a/@href")
    assert [parse_qs(urlsplit(link).query) for link in links] == wider
    page = page_of(web, "/search?q=lamps")
    assert page.xpath("//ol[@class='releases']/li")
    assert page.xpath("//p[starts-with(., 'Try')]") == []


def test_filters_are_shown_before_a_search(web: httpx.Client) -> None:
    page = page_of(web, "/search")
    assert facet(page, "Source") == {"Harbour Board": str(LONGER), "Zoo": "1"}
    for link in page.xpath("//aside[@id='narrow']//a/@href"):
        found = page_of(web, link)
        assert found.xpath("//a[@class='title']")
        assert texts(found, "//p[@role='status']")[0].split()[0].isdigit()


@pytest.mark.thorough
def test_very_many_sources_stay_one_page(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    with store.transaction():
        for number in range(520):
            source = f"institution-{number * number}"
            store.register(Source(source, f"Institution {number * number}", "https://a.example/"))
            body = f"All about lamps, and number {number}."
            one = draft(f"http://a.example/{number}", source=source, body_text=body)
            at = one.content.published.at  # type: ignore[union-attr]
            store.record(one, seen=at, since=at)
    store.update_search_index()
    store.close()
    for web in served_by(create_app(tmp_path / "site", f"sqlite:{tmp_path / 'communique.db'}")):
        page = page_of(web, "/search?q=lamps")
        assert len(facet(page, "Source")) == 20
        (more,) = page.xpath("//aside//section[h2='Source']/p/a/@href")
        assert len(facet(page_of(web, more), "Source")) == 500
        for address in ("/search?q=lamps", more):
            assert len(COMPRESSORS["gzip"](web.get(address).content)) < 30_000


def test_a_search_that_takes_too_long_is_stopped_and_reported(
    home: Path, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded = SqliteConnection.bounded

    @contextmanager
    def impatient(self: SqliteConnection, seconds: float) -> Iterator[None]:
        with bounded(self, seconds - 60):
            # An index is too quick to be interrupted: this looks through something first.
            self.ask(ENDLESS)
            yield

    monkeypatch.setattr(SqliteConnection, "bounded", impatient)
    page = page_of(web, "/search?q=lamps&until=2030-01-01")
    assert texts(page, "//p[@role='alert']")
    answer = web.get("/feeds/search.atom?q=lamps&until=2030-01-01")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    monkeypatch.undo()
    store = open_store(f"sqlite:{home / 'communique.db'}")
    assert isinstance(store, SqliteStore)
    connection = store._connection  # noqa: SLF001 - to try it
    with pytest.raises(SlowSearch), connection.bounded(-1):
        connection.ask(ENDLESS)
    # What comes after is not bounded any more.
    assert connection.ask("SELECT 1") == [(1,)]
    store.close()


def test_an_invalid_day_is_reported_by_the_feed(home: Path, web: httpx.Client) -> None:
    answer = web.get("/feeds/search.atom?q=lamps&since=2026-02-31")
    assert answer.status_code == 400
    assert "since=2024-03-01" in answer.text
    assert web.get(f"/feeds/search.atom?q={'a' * 10_000}").status_code == 400
    # Nobody's subscription to it ends a publication.
    demand = OnDemand(f"sqlite:{home / 'communique.db'}", SiteSettings())
    assert demand.document("feeds/search.atom?q=lamps&since=2026-02-31") is None
    assert demand.document("feeds/search.atom?q=lamps&since=2026-02-28") is not None
