"""Pages for people lead from the newest release of everything to the first one."""

from __future__ import annotations

import re
import shutil
from copy import copy
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html

from data.settings import SiteSettings
from feeds.pages import facet_page
from feeds.publishing.publish import publish
from tests.examples import thorough
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=60)
FACETS = ("", "sources/acme/", "topics/economy/", "days/2022/", "days/2022/11/")


class Shelf:
    """A site that is published again and again."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder / "site"
        self.kept = folder / "rendered.db"
        self.store = SampleStore(*(make_release(number) for number in range(count)))

    def publish(self, *, site: SiteSettings = SITE, everything: bool = False) -> None:
        """Publish what changed, or everything."""
        done = publish(self.store, self.folder, site, all=everything, cache=self.kept)
        assert done.errors == ()

    def put(self, number: int) -> None:
        """Store a release."""
        self.store.put(make_release(number))

    def page(self, address: str) -> html.HtmlElement:
        """A page, by its address."""
        return html.parse(self.folder / address / "index.html").getroot()

    def walk(self, address: str, rel: str = "next") -> dict[str, list[int]]:
        """The numbers of the releases on each page, from one to where its links end."""
        found: dict[str, list[int]] = {}
        while address not in found:
            page = self.page(address)
            titles = page.xpath("//ol/li//a[@class='title']/text()")
            found[address] = [int(title.split()[-1]) for title in titles]
            links = page.xpath(f"//nav[@class='paging']/a[@rel='{rel}']/@href")
            if links:
                address = urljoin(f"/{address}", links[0])[1:]
        return found

    def pages(self) -> dict[str, bytes]:
        """Every page for people."""
        return {str(path): path.read_bytes() for path in self.folder.rglob("index.html")}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A site of 130 releases, for tests to copy."""
    made = Shelf(tmp_path_factory.mktemp("published"), 130)
    made.publish()
    return made


@pytest.fixture
def shelf(published: Shelf, tmp_path: Path) -> Shelf:
    """A copy of the site of 130 releases."""
    copied = copy(published)
    copied.folder = Path(shutil.copytree(published.folder, tmp_path / "site"))
    copied.kept = Path(shutil.copy(published.kept, tmp_path))
    copied.store = published.store.copied()
    return copied


def text(element: html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content())


@pytest.mark.parametrize("address", [FACETS[2], *thorough(FACETS[0], FACETS[1], *FACETS[3:])])
def test_older_pages_lead_to_the_first_release(shelf: Shelf, address: str) -> None:
    found = shelf.walk(address)
    assert [*found] == [address, *(f"{address}page/{name}/" for name in ("latest", 2, 1))]
    assert [number for page in found.values() for number in page] == [*range(129, -1, -1)]
    assert len(found[address]) == 40
    oldest = f"{address}page/1/"
    assert [*shelf.walk(oldest, "prev")] == [*reversed(found)]


def test_a_page_shows_its_number_of_releases_and_their_days(shelf: Shelf) -> None:
    assert "130 releases" in text(shelf.page("sources/acme/"))
    page = text(shelf.page("page/2/"))
    days = [shelf.store.stored(make_release(number).id).day for number in (59, 30)]
    assert "30 releases" in page
    assert all(str(int(day[-2:])) in page for day in days)
    assert "Page 2, counted from the oldest." in page


@pytest.mark.thorough
def test_a_new_release_changes_no_archive_page_unless_it_fills_one(shelf: Shelf) -> None:
    before = shelf.pages()
    shelf.put(130)
    shelf.publish()
    changed = {path for path, content in shelf.pages().items() if before.get(path) != content}
    assert not any("/page/1/" in path or "/page/2/" in path for path in changed)
    for number in range(131, 150):
        shelf.put(number)
        if number % 5 == 4:
            shelf.publish()
    found = shelf.walk("")
    assert [*found] == ["", "page/latest/", "page/3/", "page/2/", "page/1/"]
    assert [*shelf.walk("page/1/", "prev")] == [*reversed(found)]
    assert [number for page in found.values() for number in page] == [*range(149, -1, -1)]


@pytest.mark.thorough
@pytest.mark.parametrize("number", [5, 40, 129])
def test_an_edit_and_a_retraction_show_on_older_pages_that_feeds_leave_alone(
    shelf: Shelf, number: int
) -> None:
    feeds = {path: path.read_bytes() for path in shelf.folder.rglob("feeds/*/page/*.atom")}
    release = shelf.store.stored(make_release(number).id)
    content = replace(release.content, title=f"Corrected notice {number}")
    later = NOON.replace(year=2023)
    shelf.store.put(replace(release, content=content, retracted=later, updated=later, revision=2))
    shelf.publish()
    for address in FACETS:
        rows = [
            text(row)
            for page in shelf.walk(address)
            for row in shelf.page(page).xpath("//ol[@class='releases']/li")
        ]
        [row] = [row for row in rows if f"notice {number} " in row]
        assert "Retracted" in row
        assert len(rows) == 130
    assert {path: path.read_bytes() for path in feeds} == feeds


@pytest.mark.thorough
def test_pages_are_the_same_whether_changes_are_known_or_not(shelf: Shelf) -> None:
    shelf.put(200)
    release = shelf.store.stored(make_release(7).id)
    shelf.store.put(replace(release, content=replace(release.content, title="Corrected 7")))
    shelf.publish()
    known = shelf.pages()
    shelf.kept.unlink()
    shelf.publish(everything=True)
    assert shelf.pages() == known


def test_with_too_many_changes_only_pages_that_differ_are_written(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.publishing.publish_context.MAX_CHANGES", 0)
    release = shelf.store.stored(make_release(7).id)
    shelf.store.put(replace(release, content=replace(release.content, title="Corrected 7")))
    before = {path: path.stat().st_mtime_ns for path in shelf.folder.rglob("page/*/index.html")}
    shelf.publish()
    assert "Corrected 7" in text(shelf.page("page/1/"))
    changed = {path for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert {path.parent.name for path in changed} == {"1"}


def test_the_rest_of_the_newest_document_is_removed_with_its_reason(shelf: Shelf) -> None:
    latest = shelf.folder / "page/latest/index.html"
    assert latest.is_file()
    for number in range(85, 130):
        shelf.store.hide(make_release(number).id, at=NOON, why="a test")
    shelf.publish(everything=True)
    assert not latest.parent.exists()
    found = shelf.walk("")
    assert [*found] == ["", "page/2/", "page/1/"]
    assert [*shelf.walk("page/1/", "prev")] == [*reversed(found)]


def test_older_pages_of_a_topic_are_restored_with_its_releases(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 30)
    site = SiteSettings(url=SITE.url, entries=4)
    shelf.publish(site=site)
    before = {path: text for path, text in shelf.pages().items() if "/topics/economy/" in path}
    assert len(before) > 10
    kept = shelf.store.every()
    for release in kept:
        shelf.store.hide(release, at=NOON, why="a test")
    shelf.publish(site=site)
    assert not (shelf.folder / "topics/economy").exists()
    for release in kept:
        shelf.store.unhide(release)
    shelf.publish(site=site)
    assert {path: text for path, text in shelf.pages().items() if path in before} == before


def test_no_older_page_exceeds_its_limit_however_many_releases_a_feed_contains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facet_page, "MAX_OLDER_PAGE", 10)
    shelf = Shelf(tmp_path, 80)
    shelf.publish(site=SiteSettings(url=SITE.url, entries=62))
    found = shelf.walk("")
    assert max(len(page) for address, page in found.items() if address) == 10
    assert [number for page in found.values() for number in page] == [*range(79, -1, -1)]
