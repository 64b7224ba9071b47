"""Very many releases of one day, and very long ones, are published in bounded steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from data.files import FileWriter
from data.settings import SiteSettings
from data.store.shared_sql.events import PUBLISHING
from feeds.publishing import publish as publishing
from feeds.publishing.publish import publish
from tests.examples import thorough
from tests.feeds.sample_store import SampleStore, make_release

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = SiteSettings(url="https://press.example", entries=4)
DAY = "feeds/date/2022/11/24"
MANY = 61


@pytest.fixture
def store() -> SampleStore:
    """A store of very many releases of one day, as such a small site counts."""
    return SampleStore(
        *(make_release(one, published=make_release(1).published) for one in range(1, MANY + 1))
    )


@pytest.fixture(autouse=True)
def few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few files wait, so that much less than a large site comes in steps."""
    monkeypatch.setattr(publishing, "FILES_PER_SYNC", 30)


def walk(site: Path, stem: str) -> Iterator[str]:
    """The titles of all entries, from the feed through its archive pages."""
    address: str | None = f"https://press.example/{stem}.atom"
    while address:
        root = etree.parse(site / address.removeprefix("https://press.example/")).getroot()
        yield from (one.text or "" for one in root.findall(f"{ATOM}entry/{ATOM}title"))
        links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
        address = links.get("prev-archive")


def everything(store: SampleStore) -> list[str]:
    return sorted(release.content.title for release in store.every().values())


@pytest.mark.thorough
def test_the_feed_of_a_day_links_to_all_its_releases(store: SampleStore, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = publish(store, site, SITE, cache=tmp_path / "rendered.db")
    assert done.errors == ()
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    for stem in (DAY, "feeds/all", "feeds/source/acme"):
        assert sorted(walk(site, stem)) == everything(store)
    store.put(make_release(MANY + 1, published=make_release(1).published))
    publish(store, site, SITE, cache=tmp_path / "rendered.db")
    assert sorted(walk(site, DAY)) == everything(store)


@pytest.mark.thorough
def test_no_more_files_wait_than_a_few_steps_make(
    store: SampleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []

    class Watched(FileWriter):
        """Notes how many files wait."""

        def flush(self) -> bool:
            waited.append(self.waiting)
            return super().flush()

    monkeypatch.setattr(publishing, "FileWriter", Watched)
    publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert len(waited) > 10
    # The pages of one step, and after it the documents of a feed, or what a site has once.
    assert max(waited) < 30 + 50


@pytest.mark.parametrize("last", [1, *thorough(3, 6, 10)])
def test_work_stored_before_a_failure_is_continued(
    store: SampleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    site, kept = tmp_path / "site", tmp_path / "rendered.db"
    flushed = 0
    fsync = os.fsync

    class Failing(FileWriter):
        """A disk that is full from some flush on."""

        def flush(self) -> bool:
            nonlocal flushed
            flushed += 1
            return super().flush()

    def full(handle: int) -> None:
        if flushed > last:
            raise OSError(28, "No space left on device")
        fsync(handle)

    with monkeypatch.context() as broken:
        broken.setattr(publishing, "FileWriter", Failing)
        broken.setattr(os, "fsync", full)
        done = publish(store, site, SITE, cache=kept)
    assert "No space left" in str(done.errors[0])
    assert store.dirty_feeds(store.cursor_of(PUBLISHING))
    pages = {path: path.read_bytes() for path in site.rglob("page/*.atom")}
    followed = {path: page for path, page in pages.items() if b'rel="next-archive"' in page}
    store.put(make_release(MANY + 1, published=make_release(1).published))
    assert publish(store, site, SITE, cache=kept).errors == ()
    assert not store.dirty_feeds(store.cursor_of(PUBLISHING))
    for stem in (DAY, "feeds/all", "feeds/topic/economy"):
        assert sorted(walk(site, stem)) == everything(store)
    assert {path: path.read_bytes() for path in followed} == followed
    assert publish(store, site, SITE, cache=kept, all=True).written == 0
