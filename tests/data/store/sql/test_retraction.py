"""When releases were retracted and came back, as the store keeps it."""

from __future__ import annotations

import datetime as dt
import itertools

from data.store.journal_protocol import JournalStore
from tests.drafts import BODY, draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_updated_never_decreases_though_the_clock_was_set_back(store: JournalStore) -> None:
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
