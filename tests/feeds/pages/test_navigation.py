"""Links of pages: sections and topics of a source, and languages by their own names."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lxml import html

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import SampleStore, make_release

HOSTILE = "<script>alert(1)</script> & co."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of a source with two sections, and of one whose section is hostile."""
    folder = tmp_path_factory.mktemp("site")
    store = SampleStore(
        make_release(1, section="Warnings", language="az"),
        make_release(2, section="WARNINGS", language="az", topics=("economy", "energy")),
        make_release(3, section="Events"),
        make_release(4, "wire", section=HOSTILE, language="zh-Hant"),
    )
    assert publish(store, folder, SiteSettings("https://press.example", "Press")).errors == ()
    return folder


def links(page: Path, label: str) -> dict[str, str]:
    """Return the links of a part of a page: addresses by text, with the count after the name."""
    tree: Any = html.fromstring(page.read_bytes())
    found = tree.xpath(
        "//section[@aria-labelledby=//h2[normalize-space()=$label]/@id]//li/a", label=label
    )
    return {" ".join(one.text_content().split()): one.get("href") for one in found}


def test_the_page_of_a_source_lists_its_sections_and_topics_with_their_counts(site: Path) -> None:
    page = site / "sources/acme/index.html"
    assert links(page, "Sections") == {
        "Events 1": "../../sources/acme/sections/events/",
        "Warnings 2": "../../sources/acme/sections/warnings/",
    }
    assert links(page, "Topics").keys() == {"Economy 3", "Energy & climate 1"}
    for address in links(page, "Sections").values():
        assert (page.parent / address / "index.html").is_file()


def test_a_language_has_its_own_name(site: Path) -> None:
    for tag, name in (("az", "azərbaycan"), ("zh-hant", "中文 (繁體)")):
        tree: Any = html.parse(site / f"languages/{tag}/index.html")
        assert tree.findtext(".//h1") == name


def test_a_section_links_to_its_source_and_its_releases_link_to_both(site: Path) -> None:
    page = site / "sources/acme/sections/warnings/index.html"
    tree: Any = html.parse(page)
    assert tree.findtext(".//h1") == "ACME Corporation: Warnings"
    (up,) = tree.xpath("//nav[@class='crumbs']/a[text()='ACME Corporation']/@href")
    assert (page.parent / up).resolve() == (site / "sources/acme").resolve()
    for release in tree.xpath(
        "//ol[@class='releases']//h4/a/@href | //li//a[contains(@href, 'releases/')]/@href"
    ):
        of_release: Any = html.parse(page.parent / release / "index.html")
        assert "Warnings" in of_release.xpath("//nav[@class='crumbs']/a/text()")


def test_breadcrumbs_end_with_a_link(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if b'class="crumbs"' in page.read_bytes()]
    assert pages
    for page in pages:
        tree: Any = html.fromstring(page.read_bytes())
        (trail,) = tree.find_class("crumbs")
        names = [link.text_content() for link in trail.iterfind("a")]
        assert " ".join(trail.text_content().split()) == " / ".join(names), page


@pytest.mark.thorough
def test_a_source_of_very_many_sections_with_endless_names_has_a_small_page(tmp_path: Path) -> None:
    chance = Random(3)
    letters = "".join(map(chr, range(0x4E00, 0x9FA5)))
    names = ["".join(chance.choices(letters, k=900)) for _ in range(150)]
    store = SampleStore(*(make_release(number, section=one) for number, one in enumerate(names)))
    assert publish(store, tmp_path, SiteSettings("https://press.example", "Press")).errors == ()
    page = tmp_path / "sources/acme/index.html"
    shown = links(page, "Sections")
    assert len(shown) == 100
    assert all(one.partition("…")[0] in {name[:59] for name in names} for one in shown)
    assert len(gzip.compress(page.read_bytes())) < 30 * 1024


def test_the_label_of_a_section_is_text_everywhere(site: Path) -> None:
    pages = [one for one in site.rglob("*.html") if HOSTILE.encode() in one.read_bytes()]
    assert pages == []
    tree: Any = html.parse(site / "sources/wire/index.html")
    assert f"{HOSTILE} 1" in " ".join(tree.getroot().text_content().split())
