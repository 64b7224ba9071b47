"""What a visit decides about releases whose pages are gone."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Run, Source
from data.store.shared_sql.events import ALERTS
from data.store.sqlite.store import SqliteStore
from spiders.crawl.listings.gone_releases import GoneReleases
from spiders.items import Listing, ListingItem
from tests.drafts import draft
from tests.visit_scopes import scope_of

FRONT = "http://harbour.example/news/"
FIRST = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def test_earlier_reports_are_read_once_for_all_missing_releases(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source may list any number of releases that are gone, in each visit."""
    store = sqlite_store
    store.register(Source("harbour", "Harbour Board", FRONT))
    urls = [f"{FRONT}{number}" for number in range(5)]
    ids = []
    for number, url in enumerate(urls):
        one = draft(url, title=f"Notice {number}", body_text=f"{number} lamps " * 20)
        ids.append(store.record(one, seen=FIRST, since=FIRST).release.id)
    # The first one is there. The second one was not reported by the visit that found it gone.
    for release in ids[1:]:
        store.mark_gone(release, seen=FIRST + HOUR)
    store.add_run(Run("harbour", FIRST + HOUR, 1.0, gone=tuple(urls[2:])))
    read = []
    runs = store.runs

    def counted(source: str, *, limit: int) -> tuple[Run, ...]:
        read.append(source)
        return runs(source, limit=limit)

    monkeypatch.setattr(store, "runs", counted)
    scope = scope_of(store, FIRST + 2 * HOUR, retract_after=6 * 3600)
    scope.requested.claim(FRONT)
    gone = GoneReleases(scope)
    for _ in urls:
        gone.add_request()
    items = tuple(ListingItem(url, f"Notice {number}") for number, url in enumerate(urls))
    gone.add_listing(FRONT, Listing(FRONT, items), unchanged=False)
    for release in ids[1:]:
        gone.add(release, FIRST + 2 * HOUR, None)
    gone.finish(FIRST + 2 * HOUR)
    assert (scope.report.run.gone, scope.report.run.unconfirmed) == ((urls[1],), 4)
    assert read == ["harbour"]


@pytest.mark.parametrize("is_archived", [False, True])
def test_nobody_is_alerted_about_a_page_that_only_web_archives_saw(
    sqlite_store: SqliteStore, *, is_archived: bool
) -> None:
    store = sqlite_store
    store.register(Source("harbour", "Harbour Board", FRONT))
    seen = FIRST - 2000 * DAY if is_archived else FIRST + HOUR
    one = draft(f"{FRONT}1", position=1, imported=is_archived)
    release = store.record(one, seen=seen, since=seen).release.id
    other = draft(f"{FRONT}2", title="Another notice", body_text="The lamps burn again " * 9)
    store.record(other, seen=FIRST + HOUR, since=FIRST)
    store.add_run(Run("harbour", FIRST, 1.0, found=2))
    scope = scope_of(store, FIRST + 9 * HOUR, retract_after=0)
    scope.requested.claim(FRONT)
    gone = GoneReleases(scope)
    gone.add_request()
    gone.add_request()
    items = (ListingItem(f"{FRONT}2", "Another notice"),)
    gone.add_listing(FRONT, Listing(FRONT, items), unchanged=False)
    store.mark_gone(release, seen=FIRST + 2 * HOUR)
    gone.add(release, FIRST + 9 * HOUR, None)
    gone.finish(FIRST + 9 * HOUR)
    assert scope.report.run.retracted == 1
    (event,) = (one for one in store.waiting_events(ALERTS, limit=9) if one.kind == "retraction")
    assert event.backlog == is_archived
