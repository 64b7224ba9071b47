"""When releases were retracted and came back, as the store keeps it."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from data.models import AlertDelivery, Link
from data.models.release import REDACTED
from data.models.selection import Selection
from data.store.core.store import Store
from data.store.shared_sql.recording import PAGE_STATE_PREFIX
from data.text.urls import canonical_url
from data.watches.matching import release_event
from tests.drafts import BODY, draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_updated_never_decreases_though_the_clock_was_set_back(store: Store) -> None:
    updates: list[dt.datetime] = []

    def note() -> None:
        found = store.release(release)
        assert found is not None
        updates.append(found.updated)

    release = store.record(draft(), seen=NOON, since=NOON).release.id
    note()
    before = NOON - DAY
    for text in ("4.6", "5.1"):
        edited = draft(body_text=BODY.replace("4.2", text))
        store.record(edited, seen=before, since=before)
        note()
    store.retract(release, at=before)
    note()
    store.mark_unchanged(release, seen=before)
    note()
    store.retract(release, at=before)
    note()
    store.record(edited, seen=before, since=before)
    note()
    assert all(earlier < later for earlier, later in itertools.pairwise(updates)), updates
    seen = [one.seen for one in store.revisions(release)]
    assert seen == sorted(seen)


def test_a_redaction_is_not_an_act_of_the_publisher(store: Store) -> None:
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    store.record(draft(body_text=BODY.replace("4.2", "4.6")), seen=NOON + DAY, since=NOON)
    store.mark_gone(release, seen=NOON + DAY)
    assert store.newest_titles(limit=9) == [draft().content.title]
    waiting = AlertDelivery("key", "w", "url", b"{}", 0.0, 0.0, release=release)
    store.settle_events(0, [waiting])
    store.redact(release, at=NOON + 2 * DAY, why="order 7")
    assert store.vanished("harbour") == ()
    assert not store.retract(release, at=NOON + 3 * DAY)
    assert store.mark_unchanged(release, seen=NOON + 3 * DAY) == "unchanged"
    assert store.retractions(limit=9) == ()
    assert [*store.every_retraction()] == []
    assert [*store.returns()] == []
    assert store.edits(limit=9) == ()
    assert store.newest_titles(limit=9) == []
    assert [*store.every_edit()] == []
    assert {one.release for one in store.queued_events(limit=9)} == {""}, "no watch matches"
    assert [*store.alerts(limit=9)] == []
    assert store.why_retracted(release) == "order 7"
    found = store.release(release)
    assert found is not None
    assert found.retracted is None
    assert found.updated == NOON + 2 * DAY
    assert release_event("edit", found) is None


def test_a_retraction_is_no_longer_listed_once_its_release_is_redacted(store: Store) -> None:
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    store.retract(release, at=NOON + DAY)
    store.mark_unchanged(release, seen=NOON + 2 * DAY)
    store.retract(release, at=NOON + 3 * DAY)
    store.redact(release, at=NOON + 4 * DAY, why="order 7")
    store.update_search_index()
    assert store.retractions(limit=9) == ()
    assert [*store.every_retraction()] == []
    assert [*store.returns()] == []
    assert store.select(Selection(state="retracted"), limit=9).found == ()
    assert len(store.select(Selection(state="standing"), limit=9).found) == 1
    events = [one.kind for one in store.queued_events(limit=99)]
    assert store.mark_unchanged(release, seen=NOON + 5 * DAY) == "unchanged"
    assert [one.kind for one in store.queued_events(limit=99)] == events
    found = store.release(release)
    assert found is not None
    assert found.retracted is None
    assert found.updated == NOON + 4 * DAY


def test_a_redacted_release_is_not_restored_by_a_visit(store: Store) -> None:
    url = draft().url
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    store.redact(release, at=NOON + DAY, why="order 7")
    assert (
        store.due("harbour", now=NOON + DAY, recent=9 * DAY, everything=True, limit=9),
        [*store.redacted_addresses("harbour")],
    ) == ((), [url])
    moved = replace(
        draft(body_text=BODY.replace("4.2", "4.6")), url=f"{url}-2", aliases=(url,), digest="other"
    )
    decision = store.record(moved, seen=NOON + 2 * DAY, since=NOON + 2 * DAY)
    assert (decision.kind, decision.release.id) == ("unchanged", release)
    read = store.record_reextraction(release, draft(), at=NOON + 2 * DAY, labels={})
    assert read is None
    found = store.release(release)
    assert found is not None
    assert found.content.redacted
    assert [one.content.title for one in store.revisions(release)] == [found.content.title]
    # Its new address is known, so that visits do not request that one either.
    assert f"{url}-2" in store.redacted_addresses("harbour")


def test_a_page_that_calls_itself_redacted_is_not_a_redaction(store: Store) -> None:
    page = draft(title=REDACTED, body_text="", title_rule="h1")
    release = store.record(page, seen=NOON, since=NOON).release
    assert not release.content.redacted
    assert store.retract(release.id, at=NOON + DAY)
    assert [one.id for one in store.retractions(limit=9)] == [release.id]


def test_no_title_of_a_redacted_release_remains_or_returns_with_its_listing(store: Store) -> None:
    one = replace(draft(), is_page=True)
    url, title = one.url, one.content.title
    key, copy = canonical_url(url), "http://harbour.example/copy"
    named = f"2026-03-02 {title}"
    linked = {key: Link(url, title)}

    def visit() -> None:
        """Record what a listing and the pages of other releases show."""
        store.list_items("harbour", "page", 1, {key: named, "other": "2026-03-02 Tides"})
        store.note_links("harbour", linked, limit=9)

    store.await_items("harbour", {key: f'{{"title":"{title}"}}'}, front=True)
    visit()
    release = store.record(one, seen=NOON, since=NOON).release.id
    store.record(replace(one, digest="2"), seen=NOON + DAY, since=NOON + DAY)
    store.list_items("harbour", "feed", 1, {key: named, copy: named})
    assert title.encode() in whole(store)
    page = PAGE_STATE_PREFIX + release
    assert store.unconfirmed(page)
    store.redact(release, at=NOON + 2 * DAY, why="order 7")
    assert store.unconfirmed(page) is None
    assert title.encode() not in whole(store)
    visit()
    found = store.list_items("harbour", "page", 2, {key: named})
    assert (found.fresh, found.news) == (frozenset({key}), frozenset())
    visit()
    assert title.encode() not in whole(store)
    assert b"2026-03-02 Tides" in whole(store)
    assert store.recall("harbour").known == 1


def test_pages_that_link_to_a_redacted_release_do_not_bring_its_title_back(store: Store) -> None:
    one = draft()
    release = store.record(one, seen=NOON, since=NOON).release.id
    store.redact(release, at=NOON + DAY, why="order 7")
    links = {canonical_url(one.url): Link(one.url, one.content.title)}
    assert store.note_links("harbour", links, limit=9) == ()
    assert one.content.title.encode() not in whole(store)
    assert store.recall("harbour").known == 1


def whole(store: Store) -> bytes:
    """The bytes of a snapshot of a store, with which a journal begins."""
    return b"".join(store.snapshot(1 << 20))
