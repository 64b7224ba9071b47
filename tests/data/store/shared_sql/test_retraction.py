"""When releases were retracted and came back, as the store keeps it."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from data.models import AlertDelivery
from data.models.release import REDACTED
from data.models.selection import Selection
from data.store.core.store import Store
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
    found = store.release(release)
    assert found is not None
    assert found.retracted is None


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
