"""What lies beside the store is a cache: without it the same site comes back, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.models import Facet
from data.store.sqlite.store import SqliteStore
from tests.feeds.lived_site import DAY, NOON, content, live, site


class Twins:
    """A press room published twice, from copies of one HOME of which one has lost its cache."""

    def __init__(self, lived: Path, folder: Path) -> None:
        one, other = folder / "one", folder / "other"
        for home in (one, other):
            shutil.copytree(lived, home)
        for file in other.glob("rendered.db*"):
            file.unlink()
        self.homes = (one, other)
        self.stores = tuple(SqliteStore(home / "communique.db") for home in self.homes)

    def go_on(self, days: range) -> None:
        """Live these days in both."""
        for store, home in zip(self.stores, self.homes, strict=True):
            live(store, home, days)

    def publish(self, *, everything: bool = False) -> None:
        """Publish both as of the last of the first days."""
        for store, home in zip(self.stores, self.homes, strict=True):
            assert site(store, home, NOON + 11 * DAY, everything=everything).errors == ()

    def close(self) -> None:
        """Close both stores."""
        for store in self.stores:
            store.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME after twelve days."""
    home = tmp_path_factory.mktemp("lived") / "home"
    store = SqliteStore(home / "communique.db")
    live(store, home, range(12))
    store.close()
    return home


@pytest.fixture
def twins(lived: Path, tmp_path: Path) -> Iterator[Twins]:
    made = Twins(lived, tmp_path)
    yield made
    made.close()


@pytest.mark.thorough
def test_without_the_cache_the_site_stays_the_same_and_continues(twins: Twins) -> None:
    one, other = twins.homes
    before = content(one)
    assert twins.stores[0].archive_page_count(Facet()) > 3
    assert b"stopped working" in before["feeds/health.atom"]
    twins.publish()
    assert content(other) == before
    twins.go_on(range(12, 20))
    assert content(other) == content(one) != before


@pytest.mark.thorough
def test_without_the_cache_everything_is_rendered_to_the_same_bytes(twins: Twins) -> None:
    twins.publish(everything=True)
    one, other = twins.homes
    assert content(other) == content(one)


@pytest.mark.thorough
def test_without_cache_and_site_archive_pages_keep_their_releases(
    twins: Twins,
) -> None:
    one, other = twins.homes
    shutil.rmtree(other / "site")
    twins.publish(everything=True)
    assert content(other) == content(one)
