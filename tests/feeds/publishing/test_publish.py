"""Publishing writes what changed, whole or not at all, and touches nothing else."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree, html

from data.errors import StoreError
from data.models import Facet, Revision
from data.settings import SiteSettings
from data.store.shared_sql.events import PUBLISHING
from feeds.publishing.publish import publish
from tests.examples import thorough
from tests.feeds.sample_store import SampleStore, make_release, on_day

SITE = SiteSettings(url="https://press.example/", entries=10)


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {file: (folder / file).read_bytes() for file in snapshot(folder)}


def changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> set[str]:
    return {file for file, state in after.items() if before.get(file) != state}


def test_the_whole_site_is_written_and_every_feed_reads_back(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire"))
    done = publish(store, tmp_path, SITE)
    files = set(snapshot(tmp_path))
    assert done.errors == ()
    assert (done.feeds, done.written, done.unchanged) == (42, 42, 0)
    for facet in ("all", "source/acme", "topic/economy"):
        for kind in ("atom", "rss", "json"):
            assert f"feeds/{facet}.{kind}" in files
    for kind in ("atom", "rss"):
        for period in ("2022", "2022/11", "2022/11/24"):
            parsed = feedparser.parse((tmp_path / f"feeds/date/{period}.{kind}").read_bytes())
            assert len(parsed.entries) == 2
    assert {"index.html", "feeds/index.html", "opml.xml", "static/site.css"} <= files
    assert {"sources/acme/index.html", "topics/economy/index.html"} <= files
    assert {"days/2022/11/24/index.html", f"releases/{make_release(1).id}/index.html"} <= files
    assert not [file for file in files if file.endswith(".part")]
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))


def test_no_file_is_touched_without_a_change(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire"))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = snapshot(site)
    done = publish(store, site, SITE, cache=kept)
    assert (done.feeds, done.written, done.unchanged) == (0, 0, 0)
    done = publish(store, site, SITE, cache=kept, all=True)
    assert (done.feeds, done.written, done.unchanged) == (42, 0, 42)
    assert snapshot(site) == before


def test_without_a_known_cursor_everything_is_compared(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire"))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = snapshot(site)
    kept.unlink()
    done = publish(store, site, SITE, cache=kept)
    assert (done.feeds, done.written, done.unchanged) == (42, 0, 42)
    assert snapshot(site) == before


def test_a_new_release_touches_only_its_own_feeds(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, "wire", topics=("energy",)))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = snapshot(site)
    store.put(make_release(3))
    done = publish(store, site, SITE, cache=kept)
    touched = changed(before, snapshot(site))
    assert done.written == 7 * 3
    assert {file for file in touched if file.endswith(".rss")} == {
        "feeds/all.rss",
        "feeds/source/acme.rss",
        "feeds/source/acme/section/events.rss",
        "feeds/topic/economy.rss",
        "feeds/date/2022.rss",
        "feeds/date/2022/11.rss",
        "feeds/date/2022/11/24.rss",
    }
    assert {file for file in touched if file.startswith("releases/")} == {
        f"releases/{make_release(1).id}/index.html",
        f"releases/{make_release(3).id}.json",
        f"releases/{make_release(3).id}/index.html",
    }


@pytest.mark.thorough
def test_the_feed_of_everything_replaces_that_of_the_only_language(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(40)))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    assert not (site / "feeds/language").exists()
    page = (site / "languages/en/index.html").read_text()
    assert 'href="../../feeds/all.atom"' in page
    assert "feeds/language" not in page + (site / "feeds/index.html").read_text()

    store.put(make_release(41, language="az"))
    publish(store, site, SITE, cache=kept)
    files = {file for file in snapshot(site) if file.startswith("feeds/language/")}
    assert {"feeds/language/az.atom", "feeds/language/en.atom"} <= files
    assert "feeds/language/en/page/1.atom" in files
    assert 'href="../../feeds/language/en.atom"' in (site / "languages/en/index.html").read_text()
    again = publish(store, site, SITE, all=True, cache=kept)
    assert again.errors == ()
    assert {file for file in snapshot(site) if file.startswith("feeds/language/")} == files


def test_a_language_that_becomes_the_only_one_loses_its_feed(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, language="az"))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    assert (site / "feeds/language/en.atom").is_file()
    store.put(make_release(2))
    publish(store, site, SITE, cache=kept)
    assert not (site / "feeds/language").exists()


@pytest.mark.thorough
def test_a_feed_holds_the_newest_releases_only(tmp_path: Path) -> None:
    publish(
        SampleStore(*(make_release(number % 24, str(number)) for number in range(40))),
        tmp_path,
        SITE,
    )
    assert len(feedparser.parse((tmp_path / "feeds/all.atom").read_bytes()).entries) == 10


def test_stores_with_the_same_content_yield_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        publish(SampleStore(make_release(1), make_release(2)), tmp_path / name, SITE)
    one, other = tmp_path / "one", tmp_path / "other"
    assert set(snapshot(one)) == set(snapshot(other))
    for file in snapshot(one):
        assert (one / file).read_bytes() == (other / file).read_bytes(), file


class FailingStore(SampleStore):
    """A store in which one topic can't be read."""

    failing = True
    error: BaseException = ValueError("broken row")

    def archive_page_count(self, facet: Facet) -> int:
        """Fail for the topic."""
        if self.failing and facet == Facet(topic="energy"):
            raise self.error
        return super().archive_page_count(facet)


def test_a_feed_that_fails_keeps_its_old_file_is_repeated_and_stops_no_other(
    tmp_path: Path,
) -> None:
    store = FailingStore(make_release(1, topics=("economy", "energy")))
    store.failing = False
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = snapshot(site)
    store.put(make_release(2, topics=("economy", "energy")))
    store.failing = True
    done = publish(store, site, SITE, cache=kept)
    assert {error.path for error in done.errors} == {"feeds/topic/energy.atom"}
    assert "last good file is kept" in str(done.errors[0])
    assert store.dirty_feeds(store.cursor_of(PUBLISHING))
    touched = changed(before, snapshot(site))
    assert "feeds/topic/economy.atom" in touched
    assert "feeds/topic/energy.atom" not in touched
    store.failing = False
    done = publish(store, site, SITE, cache=kept)
    assert (done.errors, done.feeds) == ((), 3), "only the feed that failed"
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    assert len(feedparser.parse((site / "feeds/topic/energy.atom").read_bytes()).entries) == 2


@pytest.mark.thorough
def test_a_failed_full_publication_is_continued(tmp_path: Path) -> None:
    store = FailingStore(*(make_release(n, topics=("economy", "energy")) for n in range(40)))
    store.failing = False
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    files = ["feeds/topic/energy.atom", "feeds/topic/energy/page/1.atom"]
    before = {file: (site / file).read_bytes() for file in files}
    store.failing = True
    assert publish(store, site, SITE, all=True, cache=kept).errors != ()
    for file in files:
        # Its folder stays as it was, so that nothing else tells of it.
        (site / file).write_bytes(b"")
    store.failing = False
    done = publish(store, site, SITE, cache=kept)
    assert done.errors == ()
    assert {file: (site / file).read_bytes() for file in files} == before
    assert publish(store, site, SITE, cache=kept).feeds == 0


@pytest.mark.thorough
def test_a_deleted_feed_file_is_restored(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(40)))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    assert publish(store, site, SITE, cache=kept).feeds == 0
    before = {file: (site / file).read_bytes() for file in snapshot(site)}
    for file in (
        "feeds/all.rss",
        "feeds/index.html",
        "feeds/retractions.json",
        "feeds/date/2022/11.atom",
        "feeds/source/acme/page/2.atom",
        "feeds/source/acme/section/events.rss",
        "feeds/source/acme/section/events/page/1.json",
    ):
        (site / file).unlink()
        assert publish(store, site, SITE, cache=kept).errors == ()
        assert {name: (site / name).read_bytes() for name in snapshot(site)} == before, file
        assert publish(store, site, SITE, cache=kept).feeds == 0
    shutil.rmtree(site / "feeds" / "topic")
    publish(store, site, SITE, cache=kept)
    assert {name: (site / name).read_bytes() for name in snapshot(site)} == before


def test_an_emptied_folder_is_filled_again(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(4)))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = {file: (site / file).read_bytes() for file in snapshot(site)}
    # As `rm -r site/*` does, which leaves names that begin with a dot.
    for one in (one for one in site.iterdir() if not one.name.startswith(".")):
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    publish(store, site, SITE, cache=kept)
    assert {file: (site / file).read_bytes() for file in snapshot(site)} == before
    assert publish(store, site, SITE, cache=kept).written == 0


@pytest.mark.thorough
def test_full_publishing_restores_anything_missing(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(40)))
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    before = {file: (site / file).read_bytes() for file in snapshot(site)}
    for folder in ("feeds", "static", "releases", "days"):
        shutil.rmtree(site / folder)
        publish(store, site, SITE, cache=kept, all=True)
        assert {name: (site / name).read_bytes() for name in snapshot(site)} == before


def test_a_store_that_fails_is_raised_and_moves_no_cursor(tmp_path: Path) -> None:
    store = FailingStore(make_release(1, topics=("energy",)))
    store.error = StoreError("sqlite:x", "disk I/O error")
    marks = store.dirty_feeds(store.cursor_of(PUBLISHING))
    with pytest.raises(StoreError):
        publish(store, tmp_path, SITE)
    assert store.dirty_feeds(store.cursor_of(PUBLISHING)) == marks


@pytest.mark.parametrize(
    "error", [StoreError("sqlite:x", "disk I/O error"), *thorough(KeyboardInterrupt())]
)
def test_all_changes_are_published_after_a_publication_that_failed_midway(
    tmp_path: Path, error: BaseException
) -> None:
    store = FailingStore(make_release(1, topics=("economy", "energy")))
    store.failing, store.error = False, error
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    publish(store, site, SITE, cache=kept)
    store.put(make_release(1, title="Corrected", topics=("economy", "energy")))
    store.put(make_release(2, topics=("economy", "energy")))
    store.failing = True
    with pytest.raises(type(error)):
        publish(store, site, SITE, cache=kept)
    assert not [file for file in snapshot(site) if file.endswith(".part")]
    store.failing = False
    assert publish(store, site, SITE, cache=kept).errors == ()
    publish(store, tmp_path / "new", SITE)
    assert contents(site) == contents(tmp_path / "new")


def test_style_files_are_written_before_the_first_page(tmp_path: Path) -> None:
    store = FailingStore(make_release(1, topics=("energy",)))
    store.error = StoreError("sqlite:x", "disk I/O error")
    with pytest.raises(StoreError):
        publish(store, tmp_path, SITE)
    files = set(snapshot(tmp_path))
    assert {"static/site.css", "favicon.svg"} <= files
    assert not [file for file in files if file.endswith(".html")]


def test_a_disk_that_is_full_leaves_the_old_feed_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SampleStore(make_release(1))
    publish(store, tmp_path, SITE)
    before = {file: (tmp_path / file).read_bytes() for file in snapshot(tmp_path)}
    store.put(make_release(2))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        done = publish(store, tmp_path, SITE)
    assert done.written == 0
    assert "No space left" in str(done.errors[0])
    assert {file: (tmp_path / file).read_bytes() for file in snapshot(tmp_path)} == before
    assert store.dirty_feeds(store.cursor_of(PUBLISHING))
    assert publish(store, tmp_path, SITE).errors == ()
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))


def test_a_release_that_changes_during_publishing_remains_to_be_published(tmp_path: Path) -> None:
    class Busy(SampleStore):
        def revisions(self, release_id: str) -> tuple[Revision, ...]:
            """Find a new release in the middle of it all."""
            if len(self.every()) == 1:
                self.put(make_release(2))
            return super().revisions(release_id)

    store = Busy(make_release(1))
    publish(store, tmp_path, SITE)
    assert Facet() in store.dirty_feeds(store.cursor_of(PUBLISHING))
    publish(store, tmp_path, SITE)
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    assert len(feedparser.parse((tmp_path / "feeds/all.atom").read_bytes()).entries) == 2


def test_other_settings_render_everything_again(tmp_path: Path) -> None:
    store = SampleStore(make_release(1))
    publish(store, tmp_path, SITE)
    done = publish(store, tmp_path, SiteSettings(url="https://moved.example", entries=10))
    assert done.written == done.feeds > 0
    assert b"https://moved.example/feeds/all.atom" in (tmp_path / "feeds/all.atom").read_bytes()


def test_an_empty_store_yields_an_empty_but_complete_site(tmp_path: Path) -> None:
    done = publish(SampleStore(), tmp_path, SITE)
    assert done.errors == ()
    assert feedparser.parse((tmp_path / "feeds/all.rss").read_bytes()).feed.title == "Communique"
    assert (tmp_path / "index.html").exists()


def page(folder: Path, file: str) -> Any:
    return html.fromstring((folder / file).read_bytes())


def test_every_page_offers_its_feeds_and_every_internal_link_has_a_target(
    tmp_path: Path,
) -> None:
    store = SampleStore(*(make_release(number, title="A <b>& “title”") for number in range(3)))
    store.put(make_release(9, "wire", topics=("energy", "../../x")))
    publish(store, tmp_path, SITE)
    pages = [file for file in snapshot(tmp_path) if file.endswith(".html")]
    assert len(pages) > 10
    for file in pages:
        tree = page(tmp_path, file)
        feeds = tree.xpath("//link[@rel='alternate']/@type")
        own = ["application/atom+xml", "application/rss+xml", "application/feed+json"]
        assert feeds[:3] == own
        # The page of edits also offers the feed of silent edits.
        others = {"releases": ["application/json"], "changes": own}
        assert feeds[3:] == others.get(file.partition("/")[0], [])
        for address in tree.xpath("//a/@href | //link[@rel!='canonical']/@href"):
            if re.match(r"https?:|#", address):
                continue
            place = re.split(r"[#?]", address)[0]
            # The page for what is not found lies anywhere.
            above = tmp_path if file == "404.html" else tmp_path / Path(file).parent
            target = Path(os.path.normpath(above / place.removeprefix("/")))
            target = target / "index.html" if place.endswith("/") else target
            assert target.is_file(), (file, address)
            assert tmp_path in target.parents


def test_a_release_page_is_safe_and_shows_versions_retraction_and_origin(tmp_path: Path) -> None:
    first = make_release(1, body_html="<p>kept</p><script>alert(1)</script><img src=x onerror=a()>")
    store = SampleStore(first)
    store.put(
        make_release(
            1,
            title="Statement 1, <script>corrected</script>",
            revision=2,
            retracted=make_release(5).updated,
            body_html=first.content.body_html,
        )
    )
    publish(store, tmp_path, SITE)
    text = (tmp_path / f"releases/{first.id}/index.html").read_text("utf-8")
    tree: Any = html.fromstring(text)
    assert tree.xpath("//script[not(@type='application/ld+json')] | //@onerror") == []
    assert "<p>kept</p>" in text
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "Retracted" in tree.xpath("string(//p[@class='notice'])")
    assert len(tree.xpath("//ol[@class='versions']/li")) == 2
    assert tree.xpath("//a[text()='Original']/@href") == ["https://acme.example/news/1"]
    assert tree.xpath("//h1")[0].text == "Statement 1, <script>corrected</script>"


def test_pages_name_the_language_and_direction_of_foreign_text(tmp_path: Path) -> None:
    release = make_release(1, language="ar", title="بيان صحفي")
    publish(SampleStore(release), tmp_path, SITE)
    heading = page(tmp_path, f"releases/{release.id}/index.html").xpath("//h1")[0]
    assert (heading.get("lang"), heading.get("dir")) == ("ar", "auto")
    title = page(tmp_path, "index.html").xpath("//a[@class='title']")[0]
    assert (title.get("lang"), title.get("dir")) == ("ar", "auto")


def test_a_date_without_an_hour_claims_none_on_pages(tmp_path: Path) -> None:
    published = on_day("2022-11-24", "Asia/Baku")
    release = make_release(1, published=published, order=published.at)
    publish(SampleStore(release), tmp_path, SITE)
    for file in ("index.html", f"releases/{release.id}/index.html"):
        tree = page(tmp_path, file)
        assert "2022-11-24" in tree.xpath("//time/@datetime")
        assert "12:00" not in tree.xpath("string(//main)").replace("13:00 UTC", "")


def test_opml_lists_the_feeds_of_sources(tmp_path: Path) -> None:
    publish(SampleStore(make_release(1), make_release(2, "wire")), tmp_path, SITE)
    tree: Any = etree.parse(tmp_path / "opml.xml")
    urls = tree.xpath("//@xmlUrl")
    assert len(urls) == 2
    for url in urls:
        assert (tmp_path / url.removeprefix("https://press.example/")).is_file()


def test_new_files_are_not_written_through_symbolic_links(tmp_path: Path) -> None:
    store = SampleStore(make_release(1))
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "site/feeds").mkdir(parents=True)
    (tmp_path / "site/feeds/.all.atom.part").symlink_to(target)
    assert not publish(store, tmp_path / "site", SiteSettings()).errors
    assert target.read_text() == "mine"
    assert not (tmp_path / "site/feeds/all.atom").is_symlink()


@pytest.mark.thorough
def test_every_address_of_the_site_that_a_feed_links_is_a_file(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in range(40)), make_release(50, "wire"))
    publish(store, tmp_path, SITE)
    feeds = list(tmp_path.rglob("*.atom"))
    assert any(feed.parent.name == "page" for feed in feeds)
    for feed in feeds:
        root: Any = etree.parse(feed).getroot()
        for address in root.xpath("//*[local-name()='link']/@href"):
            if address.startswith(SITE.url):
                place = address.removeprefix(SITE.url)
                file = f"{place}index.html" if place.endswith("/") or not place else place
                assert (tmp_path / file).is_file(), (feed, address)
