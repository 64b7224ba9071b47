"""What lies beside the store is a cache: without it the same site comes back, byte for byte."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.health.events import note_health_events
from data.models import Facet, Run, RunError, Source
from data.settings import Site
from data.store.journal_protocol import JournalStore
from data.store.sqlite.store import SqliteStore
from feeds.publishing.publication import Publication
from feeds.publishing.publish import publish
from tests.drafts import BODY, draft, published

SITE = Site(url="https://press.example", entries=4)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def site(
    store: JournalStore, home: Path, now: dt.datetime, *, everything: bool = False
) -> Publication:
    kept = home / "rendered.db"
    return publish(store, home / "site", SITE, cache=kept, now=now, all=everything)


def live(store: JournalStore, home: Path, days: range) -> None:
    """Days of a press room: releases, an edit, a retraction, failures."""
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/", "Europe/Paris"))
    for number in days:
        now = NOON + number * DAY
        for part in range(2):
            url = f"http://harbour.example/{number}/{part}"
            body = f"Notice {number}.{part}: {BODY}"
            one = draft(url, title=url, body_text=body, published=published(str(now.date())))
            store.record(one, seen=now, since=now)
        (first,) = store.find_releases("http://harbour.example/0/0", limit=1)
        if number in {6, 15}:
            body = f"{BODY}\n\nIt opened on day {number}."
            edited = draft(first.url, title=first.content.title, body_text=body)
            store.record(edited, seen=now, since=now)
        if number == 8:
            store.retract(first.id, at=now)
        errors = (RunError("http://harbour.example/", "http", "answered 500"),)
        store.add_run(Run("harbour", now, 1.0, errors=errors if number in {4, 9, 17} else ()))
        note_health_events(store, further=0, now=NOON)
        assert site(store, home, now).errors == ()


def content(home: Path) -> dict[str, bytes]:
    """All files of a site."""
    folder = home / "site"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Twins:
    """A press room published twice, from copies of one HOME of which one has lost its cache."""

    def __init__(self, folder: Path) -> None:
        one, other = folder / "one", folder / "other"
        store = SqliteStore(one / "communique.db")
        live(store, one, range(12))
        store.close()
        shutil.copytree(one, other)
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


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Twins]:
    made = Twins(tmp_path)
    yield made
    made.close()


def test_without_the_cache_the_site_stays_as_it_is_and_goes_on_as_it_would(twins: Twins) -> None:
    one, other = twins.homes
    before = content(one)
    assert twins.stores[0].archive_page_count(Facet()) > 3
    assert b"stopped working" in before["feeds/health.atom"]
    twins.publish()
    assert content(other) == before
    twins.go_on(range(12, 20))
    assert content(other) == content(one) != before


def test_without_the_cache_everything_is_rendered_to_the_same_bytes(twins: Twins) -> None:
    twins.publish(everything=True)
    one, other = twins.homes
    assert content(other) == content(one)


def test_without_cache_and_site_archive_pages_hold_the_releases_that_they_held(
    twins: Twins,
) -> None:
    one, other = twins.homes
    shutil.rmtree(other / "site")
    twins.publish(everything=True)
    assert content(other) == content(one)
