"""Sitemaps name every page of the site for search engines, and change where a page did."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from data.models import UNDATED_BEFORE, Published
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from tests.feeds.sample_store import NOON, SampleStore, make_release, on_day

SITE = SiteSettings(url="https://press.example/news", entries=10)
SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


class Indexed:
    """A site with releases in two months, and one without a date."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.kept = folder / "rendered.db"
        none = Published(NOON, "none", "Asia/Baku", "", "undated")
        order = UNDATED_BEFORE - dt.timedelta(seconds=1)
        self.store = SampleStore(
            *(make_release(number) for number in range(3)),
            make_release(7, published=on_day("2023-02-01", "Asia/Baku")),
            make_release(8, published=none, order=order),
        )
        self.publish()

    def publish(self) -> None:
        """Publish what changed."""
        assert publish(self.store, self.folder, SITE, cache=self.kept).errors == ()

    def read(self, file: str) -> dict[str, str]:
        """The addresses in a sitemap, with their last changes."""
        root = etree.parse(self.folder / file).getroot()
        return {
            one.findtext("s:loc", "", SPACE).removeprefix("https://press.example/news/"): (
                one.findtext("s:lastmod", "", SPACE)
            )
            for one in root
        }

    def releases(self) -> list[str]:
        """Every page of a release that a sitemap names."""
        files = [file for file in self.read("sitemap.xml") if "pages" not in file]
        return [address for file in files for address in self.read(file)]


@pytest.fixture
def site(tmp_path: Path) -> Indexed:
    """The published site."""
    return Indexed(tmp_path)


def test_every_release_and_every_list_is_named_once(site: Indexed) -> None:
    assert sorted(site.releases()) == sorted(f"releases/{one}/" for one in site.store.every())
    pages = site.read("sitemaps/pages.xml")
    assert {"", "sources/", "sources/acme/", "days/2023/02/01/", "changes/"} <= pages.keys()
    for address in [*pages, *site.releases()]:
        assert (site.folder / address / "index.html").is_file(), address


def test_a_change_moves_the_time_of_its_release_and_of_its_month_alone(site: Indexed) -> None:
    before = site.read("sitemap.xml")
    later = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    release = site.store.stored(make_release(7).id)
    site.store.put(replace(release, retracted=later, updated=later))
    site.publish()
    after = site.read("sitemap.xml")
    assert {file for file in after if after[file] != before[file]} == {"sitemaps/2023-02.xml"}
    assert after["sitemaps/2023-02.xml"] == "2024-01-01T00:00:00+00:00"
    assert site.read("sitemaps/2023-02.xml") == {
        f"releases/{release.id}/": "2024-01-01T00:00:00+00:00"
    }


def test_a_change_of_an_undated_release_is_reported(site: Indexed) -> None:
    later = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    site.store.put(replace(site.store.stored(make_release(8).id), updated=later, revision=2))
    site.publish()
    assert site.read("sitemap.xml")["sitemaps/undated.xml"] == "2024-01-01T00:00:00+00:00"


def test_a_month_of_very_many_takes_several_and_loses_them_again(
    site: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.publishing.site_files.MAX_SITEMAP_URLS", 2)
    site.store.put(make_release(4))
    site.publish()
    assert (site.folder / "sitemaps/2022-11-2.xml").is_file()
    assert sorted(site.releases()) == sorted(f"releases/{one}/" for one in site.store.every())
    for number in (0, 1, 4):
        site.store.hide(make_release(number).id, at=NOON, why="a test")
    site.store.put(replace(site.store.stored(make_release(2).id), revision=2))
    site.publish()
    assert not (site.folder / "sitemaps/2022-11-2.xml").exists()
    assert "sitemaps/2022-11-2.xml" not in site.read("sitemap.xml")


def test_unchanged_files_are_not_written_and_full_rendering_gives_the_same(
    site: Indexed,
) -> None:
    files = [*site.folder.glob("sitemap.xml"), *site.folder.glob("sitemaps/*")]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    site.publish()
    site.kept.unlink()
    site.store.put(site.store.stored(make_release(1).id))
    site.publish()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files} == before


def test_robots_txt_names_the_sitemap_and_excludes_pages_made_on_demand(
    site: Indexed,
) -> None:
    lines = (site.folder / "robots.txt").read_text().splitlines()
    assert "Disallow: /news/search" in lines
    assert "Sitemap: https://press.example/news/sitemap.xml" in lines
    assert (site.folder / "favicon.ico").read_bytes()[:4] == b"\0\0\1\0"
    assert (site.folder / "favicon.svg").read_bytes().startswith(b"<svg")
