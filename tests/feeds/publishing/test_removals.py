"""Files of hidden releases, former languages and newer stores do not stay in the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.publishing.publish import publish
from feeds.urls import release_file
from tests.examples import thorough
from tests.feeds.publishing.test_incremental import files
from tests.feeds.sample_store import NOON, SampleStore, make_release

SITE = SiteSettings(url="https://press.example", entries=5)
DAY = 24
"""Hours between releases, so that each has its own day."""


def publish_beside(store: Store, home: Path) -> None:
    """Publish a store in a home directory, and compare the site with a new one."""
    assert publish(store, home / "site", SITE, cache=home / "rendered.db").errors == ()
    new = home / f"new-{len([*home.iterdir()])}"
    publish(store, new, SITE)
    found, made = dict(files(home / "site")), dict(files(new))
    assert sorted(found.keys() ^ made.keys()) == []
    assert sorted(file for file in made if found[file] != made[file]) == []


@pytest.mark.thorough
def test_a_language_that_becomes_the_only_one_because_others_are_hidden_loses_its_feed(
    tmp_path: Path,
) -> None:
    others = [make_release(DAY * number, language="az") for number in (20, 21)]
    store = SampleStore(*(make_release(DAY * number) for number in range(12)), *others)
    publish_beside(store, tmp_path)
    assert (tmp_path / "site/feeds/language/en/page/1.atom").is_file()
    for one in others:
        store.hide(one.id, at=NOON, why="a mistake")
    publish_beside(store, tmp_path)
    assert not (tmp_path / "site/feeds/language").exists()


@pytest.mark.thorough
def test_a_release_that_is_shown_again_is_on_archive_pages_without_a_cache(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(DAY * number) for number in range(12)))
    publish_beside(store, tmp_path)
    store.hide(make_release(DAY).id, at=NOON, why="a mistake")
    publish_beside(store, tmp_path)
    page = tmp_path / "site" / release_file(make_release(DAY).id)
    assert not page.exists()
    store.unhide(make_release(DAY).id)
    (tmp_path / "rendered.db").unlink()
    publish_beside(store, tmp_path)
    assert page.is_file()


@pytest.mark.parametrize("cache", ["rendered.db", *thorough("lost.db")])
def test_an_older_store_leaves_no_files_of_a_newer_store(tmp_path: Path, cache: str) -> None:
    older = SampleStore(*(make_release(DAY * number) for number in range(12)))
    newer = older.copied()
    newer.put(make_release(DAY, title="Corrected"))
    for number in range(20, 32):
        newer.put(make_release(DAY * number, topics=("energy",), section="Later"))
    publish_beside(newer, tmp_path)
    (tmp_path / "rendered.db").rename(tmp_path / cache)
    publish_beside(older, tmp_path)
    publish(newer, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert (tmp_path / "site" / release_file(make_release(DAY * 31).id)).is_file()


def test_files_of_a_language_whose_tag_is_in_lower_case_are_not_unknown(tmp_path: Path) -> None:
    store = SampleStore(make_release(1), make_release(2, language="pt-br"))
    publish_beside(store, tmp_path)
    (tmp_path / "rendered.db").unlink()
    assert not publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db").rewritten
    assert (tmp_path / "site/feeds/language/pt-br.atom").is_file()
