"""Lists of sources, topics, days and feeds: complete, small, without leftover pages."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html

from data.files import FileWriter
from data.models import Facet, HealthEvent, Source
from data.settings import SiteSettings
from feeds.catalog import Catalog
from feeds.pages.directories import feeds_pages, sources_pages, topics_pages
from feeds.pages.renderer import PageRenderer
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release, on_day

SITE = SiteSettings(url="https://press.example", entries=10)
LARGEST = 30_000
"""Bytes of a page, compressed."""


def published(store: SampleStore, folder: Path) -> Path:
    """The site of a store."""
    done = publish(store, folder / "site", SITE, cache=folder / "rendered.db")
    assert done.errors == ()
    return folder / "site"


def page(site: Path, address: str) -> html.HtmlElement:
    """One of its pages."""
    return html.parse(site / address / "index.html").getroot()


def lines(site: Path, address: str) -> list[str]:
    """The lines of a list, on all of its pages."""
    links = page(site, address).xpath("//main//div//nav[@class='others']//a/@href")
    places = [urljoin(f"/{address}", link)[1:] for link in links] or [address]
    return [
        " ".join(" ".join(line.itertext()).split())
        for place in places
        for line in page(site, place).xpath("//*[@id='lines']/*")
    ]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lists of a site of 450 sources and as many topics, each with a long name."""
    sources = {
        one: Source(
            one, f"{one} for the Inspection of Bridges and Ferries", f"https://{one}.example/"
        )
        for one in (f"agency-{number:03}" for number in range(450))
    }
    topics = {f"topic-{number}": f"Topic {number:03} with a name" for number in range(450)}
    counts = {Facet(): 900, **{Facet(source=one): 2 for one in sources}}
    counts |= {Facet(topic=one): 2 for one in topics}
    pages = PageRenderer(Catalog("https://press.example", "Press", sources, topics), counts)
    newest = {one: (f"2022-11-{int(one[-3:]) % 28 + 1:02}", "az") for one in sources}
    folder = tmp_path_factory.mktemp("large")
    writer = FileWriter(folder)
    for made in (
        sources_pages(pages, newest, {}, sources),
        topics_pages(pages),
        feeds_pages(pages),
    ):
        for file, make in made:
            writer.write(file, make())
    writer.flush()
    return folder


@pytest.mark.parametrize("address", ["sources/", "topics/", "feeds/sources/", "feeds/topics/"])
def test_a_long_list_is_complete_on_several_small_pages(large: Path, address: str) -> None:
    assert len(lines(large, address)) == 450
    assert (large / address / "-/3/index.html").is_file()
    assert not (large / address / "-/4").exists()


def test_no_page_of_a_list_is_large(large: Path) -> None:
    files = [*large.rglob("index.html")]
    assert len(files) > 12
    assert max(len(gzip.compress(file.read_bytes())) for file in files) < LARGEST


def test_a_source_is_listed_with_its_count_newest_day_and_language(
    tmp_path: Path,
) -> None:
    store = SampleStore(
        make_release(1, published=on_day("2022-11-24", "Asia/Baku"), language="az"),
        make_release(2, published=on_day("2022-11-25", "Asia/Baku"), language="az"),
        make_release(4, published=on_day("2023-02-01", "Asia/Baku"), language="en"),
        make_release(3, "wire"),
    )
    store.visited("acme", "wire")
    store.add_health_events(
        [HealthEvent("wire", well=False, at=NOON, reason="It answers 500.", state="failing")]
    )
    site = published(store, tmp_path)
    assert lines(site, "sources/") == [
        "ACME Corporation Azerbaijani 3 1 February 2023 ok",
        "The Wire English 1 24 November 2022 failing",
    ]
    assert "2 institutions." in page(site, "sources/").text_content()


def test_topics_are_listed_under_their_parents(tmp_path: Path) -> None:
    store = SampleStore(
        make_release(1, topics=("economy", "tax")), make_release(2, topics=("energy",))
    )
    store.keep_taxonomy({"tax": "Tax"}, {"tax": "economy"})
    site = published(store, tmp_path)
    assert lines(site, "topics/") == ["Economy 1", "Economy: Tax 1", "Energy & climate 1"]
    [below] = page(site, "topics/").xpath("//li[@class='depth-1']//a/@href")
    assert urljoin("/topics/", below) == "/topics/tax/"


def test_the_calendar_counts_years_months_and_days(tmp_path: Path) -> None:
    store = SampleStore(
        *(make_release(n, published=on_day("2024-02-29", "Asia/Baku")) for n in range(3)),
        make_release(9, published=on_day("2024-03-01", "Asia/Baku")),
        make_release(10, published=on_day("2019-12-31", "Asia/Baku")),
    )
    site = published(store, tmp_path)
    years = page(site, "days/").xpath("//main//section")
    assert [" ".join(year.text_content().split()) for year in years] == [
        "2024 4 Jan Feb 3 Mar 1 Apr May Jun Jul Aug Sep Oct Nov Dec",
        "2019 1 Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 1",
    ]
    assert [link.get("href") for link in years[1].xpath(".//li/a")] == ["../days/2019/12/"]
    [month] = page(site, "days/2024/02/").xpath("//table[@class='month']")
    heads = [head.text_content() for head in month.xpath(".//th[@scope='col']")]
    assert heads == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    rows = [[cell.text_content().strip() for cell in row] for row in month.xpath(".//tbody/tr")]
    assert len(rows) == 5
    assert rows[0] == ["", "", "", "1", "2", "3", "4"]
    assert rows[-1][3].split() == ["2929", "February", "2024:", "3"]
    assert [urljoin("/days/2024/02/", link) for link in month.xpath(".//td/a/@href")] == [
        "/days/2024/02/29/"
    ]


def test_every_feed_is_in_the_directory(tmp_path: Path) -> None:
    store = SampleStore(
        *(
            make_release(day, published=on_day(f"2024-01-{day:02}", "Asia/Baku"))
            for day in range(1, 9)
        )
    )
    site = published(store, tmp_path)
    linked = {
        (file.parent / link).resolve().relative_to(site).as_posix()
        for file in (site / "feeds").rglob("index.html")
        for link in html.parse(file).getroot().xpath("//table[@class='feeds']//td/a/@href")
    }
    feeds = {path.relative_to(site).as_posix() for path in (site / "feeds").rglob("*.*")}
    assert linked == {name for name in feeds if "/page/" not in name and not name.endswith(".html")}


def test_pages_of_a_list_are_removed_when_it_gets_shorter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.pages.directories.MAX_ROWS", 3)
    monkeypatch.setattr("feeds.pages.directories.MAX_INLINE_FEEDS", 1)
    store = SampleStore(*(make_release(n, f"agency-{n}", topics=()) for n in range(7)))
    site = published(store, tmp_path)
    assert (site / "sources/-/3/index.html").is_file()
    assert (site / "feeds/sources/-/3/index.html").is_file()
    for number in range(5):
        store.hide(make_release(number, f"agency-{number}").id, at=NOON, why="a test")
    store.put(replace(make_release(6, "agency-6", topics=()), revision=2))
    published(store, tmp_path)
    assert len(lines(site, "sources/")) == 2
    assert not (site / "sources/-").exists()
    assert not (site / "feeds/sources/-").exists()
