"""The home page describes the site, and shows the newest releases and links to all others."""

from __future__ import annotations

import gzip
import json
import random
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from data.models import Facet, HealthEvent, Source
from data.settings import SiteSettings
from feeds.catalog import Catalog, catalog_of
from feeds.pages.facet_page import facet_page
from feeds.pages.home_and_about_pages import Glance, about_page, home_page
from feeds.pages.renderer import PageRenderer, ReleaseRow
from feeds.publishing.publish import publish
from tests.feeds.sample_store import ACME, NOON, WIRE, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", title="Press of <Example>")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of sixty releases of two sources."""
    folder = tmp_path_factory.mktemp("home") / "site"
    releases = [make_release(number, "wire" if number % 3 else "acme") for number in range(60)]
    assert publish(SampleStore(*releases), folder, SITE).errors == ()
    return folder


@pytest.fixture(scope="module")
def home(site: Path) -> Any:
    """The first page."""
    return lxml.html.parse(site / "index.html").getroot()


def large() -> tuple[PageRenderer, Catalog]:
    """The pages of a site of 500 sources and 3,000 topics with long names."""
    known = catalog_of(SampleStore(), SITE)
    sources = {
        f"source-{number}": Source(f"source-{number}", f"Institution {number} " * 9, "", "UTC")
        for number in range(500)
    }
    topics = {f"topic-{number}": f"Topic {number} of many" for number in range(3000)}
    counts = {Facet(): 900_000}
    counts |= {Facet(source=one): 1 + number for number, one in enumerate(sources)}
    counts |= {Facet(topic=one): 1 + number for number, one in enumerate(topics)}
    counts |= {Facet(source="source-1", topic=one): 7 for one in topics}
    counts |= {Facet(period=f"{year}"): 9 for year in range(1950, 2023)}
    catalog = replace(known, sources=sources, topics=topics)
    return PageRenderer(catalog, counts), catalog


@pytest.mark.thorough
def test_one_sentence_describes_the_site_and_its_readers(home: Any) -> None:
    sentence = home.xpath("string(//p[@class='purpose'])")
    assert sentence.startswith("Press releases of 2 institutions")
    assert sentence.count(".") == 1
    assert home.xpath("//meta[@name='description']/@content") == [sentence]


def test_it_shows_forty_releases_and_links_to_older_ones(site: Path, home: Any) -> None:
    assert len(home.xpath("//ol[@class='releases']/li")) == 40
    (older,) = home.xpath("//nav[@class='paging']/a[@rel='next']/@href")
    assert (site / older / "index.html").is_file()


def test_each_filter_is_a_link_with_the_right_count(home: Any) -> None:
    asides = home.xpath("//aside//a")
    shown = {one.get("href"): one.xpath("string(span[@class='count'])") for one in asides}
    assert shown["sources/acme/"] == "20"
    assert shown["sources/wire/"] == "40"
    assert shown["topics/economy/"] == "60"
    assert shown["days/2022/"] == "60"


def test_feeds_and_opml_are_linked_and_discoverable(site: Path) -> None:
    for page, feed, opml in (
        ("", "feeds/all", "opml.xml"),
        ("sources/acme/", "feeds/source/acme", "opml.xml?source=acme"),
        ("topics/economy/", "feeds/topic/economy", "opml.xml?topic=economy"),
    ):
        tree = lxml.html.parse(site / page / "index.html").getroot()
        up = "../" * page.count("/")
        feeds = [f"{up}{feed}.{kind}" for kind in ("atom", "rss", "json")]
        assert tree.xpath("//ul[@class='subscribe']//a/@href") == [*feeds, up + opml]
        assert tree.xpath("//link[@rel='alternate']/@href") == feeds


def test_the_head_of_a_page_has_its_address_and_description(site: Path) -> None:
    tree = lxml.html.parse(site / "topics/economy/index.html").getroot()
    told = {one.get("property"): one.get("content") for one in tree.xpath("//meta[@property]")}
    assert told["og:site_name"] == "Press of <Example>"
    assert told["og:title"] == "Economy"
    assert told["og:url"] == "https://press.example/topics/economy/"
    assert tree.xpath("//link[@rel='canonical']/@href") == [told["og:url"]]
    assert tree.xpath("//meta[@name='description']/@content") == [told["og:description"]]


def test_structured_data_describes_the_site_and_its_search(home: Any) -> None:
    (data,) = home.xpath("//script[@type='application/ld+json']/text()")
    assert "<" not in data
    told = json.loads(data)
    assert (told["@type"], told["name"]) == ("WebSite", "Press of <Example>")
    assert told["potentialAction"]["target"]["urlTemplate"] == (
        "https://press.example/search/?q={search_term_string}"
    )


def test_the_header_has_a_search_form_and_marks_the_current_page(site: Path, home: Any) -> None:
    (form,) = home.xpath("//header//form[@role='search']")
    assert (form.get("action"), form.get("method")) == ("search/", None)
    assert home.xpath("//header//a[@aria-current='page']/text()") == ["Releases"]
    feeds = lxml.html.parse(site / "feeds/index.html").getroot()
    assert feeds.xpath("//header//a[@aria-current='page']/text()") == ["Feeds"]
    assert "form-action 'self'" in home.xpath("string(//meta[@http-equiv]/@content)")


def test_it_summarizes_the_health_of_sources_after_each_change(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire"))
    store.visited("acme", "wire")

    def told() -> tuple[str, list[str]]:
        done = publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
        assert done.errors == ()
        tree = lxml.html.parse(tmp_path / "site" / "index.html").getroot()
        (line,) = tree.xpath("//p[contains(@class, 'glance')]")
        return line.text_content(), line.xpath("a/@href")

    assert told() == ("All sources work.", ["health/"])
    store.add_health_events(
        [HealthEvent("wire", well=False, at=NOON, reason="it answers no more", state="failing")]
    )
    assert told() == (
        "1 of 2 sources work. Needs attention: The Wire",
        ["health/", "sources/wire/"],
    )
    fault = HealthEvent("wire", False, NOON, "no feed", "ok", "feed.unread")  # noqa: FBT003 - its state
    store.add_health_events([fault])
    assert told() == (
        "All sources work. 1 source works but has a fault. Needs attention: The Wire",
        ["health/", "sources/wire/"],
    )
    store.add_health_events([HealthEvent("wire", well=True, at=NOON, reason="", state="ok")])
    assert told() == ("All sources work.", ["health/"])


@pytest.mark.thorough
def test_it_claims_nothing_about_sources_that_no_visit_has_read(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire"))

    def told() -> tuple[str, str]:
        done = publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
        assert done.errors == ()
        tree = lxml.html.parse(tmp_path / "site" / "index.html").getroot()
        (line,) = tree.xpath("//p[contains(@class, 'glance')]")
        return line.text_content(), line.get("class")

    assert told() == ("No source has had a successful visit yet.", "glance unknown")
    store.visited("wire")
    assert told() == (
        "1 of 2 sources work. 1 source has not had a successful visit yet.",
        "glance unknown",
    )
    store.visited("acme")
    assert told() == ("All sources work.", "glance")
    # Imported sources have no address, and nobody visits them.
    store = SampleStore(make_release(1), make_release(2, "wire"))
    store.register(replace(ACME, url=""))
    assert told() == (
        "No source has had a successful visit yet. 1 source was imported and is not visited.",
        "glance unknown",
    )
    store.register(replace(WIRE, url=""))
    assert told() == ("All sources were imported, and none is visited.", "glance unknown")


def test_it_counts_no_institutions_before_the_first_release(tmp_path: Path) -> None:
    publish(SampleStore(), tmp_path / "site", SITE)
    tree = lxml.html.parse(tmp_path / "site" / "index.html").getroot()
    assert "0" not in tree.xpath("string(//p[@class='purpose'])")
    assert tree.xpath("//p[@class='glance unknown']")
    assert "0" not in tree.xpath("string(//aside)")
    listed = lxml.html.parse(tmp_path / "site" / "sources" / "index.html").getroot()
    assert "0" not in listed.xpath("string(//main)")


def test_single_pages_are_not_counted_as_institutions(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire", url=WIRE.url))
    store.register(WIRE)
    publish(store, tmp_path / "site", SITE)
    tree = lxml.html.parse(tmp_path / "site" / "index.html").getroot()
    assert tree.xpath("string(//p[@class='purpose'])").startswith(
        "Press releases of 1 institution,"
    )
    listed = lxml.html.parse(tmp_path / "site" / "sources" / "index.html").getroot()
    assert len(listed.xpath("//table//tbody/tr")) == 2
    assert "1 institution." in listed.text_content()


def test_each_page_links_to_the_page_about_accuracy(site: Path) -> None:
    for page in ("", "sources/acme/", f"releases/{make_release(1, 'wire').id}/"):
        tree = lxml.html.parse(site / page / "index.html").getroot()
        links = tree.xpath("//footer//a/@href")
        assert "../" * page.count("/") + "about/" in links
    about = lxml.html.parse(site / "about/index.html").getroot()
    assert "Retracted" in about.xpath("//dt/text()")
    assert about.xpath("//section[@id='programs' or h2/@id='programs']//a/@href") == [
        "https://press.example/api/"
    ]


@pytest.mark.thorough
def test_endless_names_make_no_page_large(tmp_path: Path) -> None:
    chance = random.Random(7)

    def text(length: int) -> str:
        return "".join(chance.choices(f"{string.ascii_letters}   ", k=length))

    releases = [make_release(one, title=text(9000), publisher=text(9000)) for one in range(45)]
    assert publish(SampleStore(*releases), tmp_path, SITE).errors == ()
    for page in ("", "sources/acme/", "topics/economy/", "days/2022/11/24/"):
        assert len(gzip.compress((tmp_path / page / "index.html").read_bytes())) < 30_000


def test_duplicates_of_a_story_are_counted_on_a_page(tmp_path: Path) -> None:
    same = {"story": "one"}
    store = SampleStore(make_release(1, **same), make_release(2, "wire", **same))
    publish(store, tmp_path, SITE)
    said = "2 releases. Duplicates are listed once but counted separately."
    for page in ("topics/economy/index.html", "days/2022/11/index.html"):
        tree = lxml.html.parse(tmp_path / page).getroot()
        assert tree.xpath("string(//p[@class='lead'])").strip() == said
        assert tree.xpath("//p[@class='lead']/a/@href")[0].endswith("/about/#story")
        assert len(tree.xpath("//ol[@class='releases']/li")) == 1
    publish(SampleStore(make_release(1), make_release(2, "wire")), tmp_path / "apart", SITE)
    for folder in (tmp_path / "sources/wire", tmp_path / "apart/days/2022/11"):
        tree = lxml.html.parse(folder / "index.html").getroot()
        assert "story" not in tree.xpath("string(//p[@class='lead'])")


@pytest.mark.parametrize("hub", ["", "https://hub.example/"])
def test_the_about_page_mentions_a_hub_only_if_there_is_one(hub: str) -> None:
    site = SiteSettings(url=SITE.url, title=SITE.title, hub=hub)
    page = about_page(PageRenderer(catalog_of(SampleStore(), site), {})).decode()
    assert ("WebSub" in page) == bool(hub)
    assert "Memento" in page


def test_pages_of_a_large_site_are_small() -> None:
    pages, _ = large()
    release = "<li>" + "A title of a release that says what is new and why. " * 4 + "</li>"
    lines = [ReleaseRow(f"2022-11-{day:02}", release.encode(), timed=False) for day in range(1, 29)]
    first = home_page(pages, lines, Glance(500, 0, 0, (), ()))
    source = facet_page(pages, Facet(source="source-1"), lines)
    assert len(gzip.compress(first)) < 15_000
    assert len(gzip.compress(source)) < 15_000
    tree: Any = lxml.html.fromstring(first)
    assert "All 500 sources" in tree.text_content()
    # Those with the most releases come first.
    assert tree.xpath("string(//aside//ul[@class='cards']/li[1]//span[@class='count'])") == "500"
    inner: Any = lxml.html.fromstring(source)
    assert len(inner.xpath("//aside/section/ul/li")) == 12
    assert "2,988 more" in inner.xpath("string(//details/summary)")
