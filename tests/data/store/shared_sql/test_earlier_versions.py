"""Versions that only web archives captured, on both databases."""

from __future__ import annotations

import datetime as dt

from data.identity.matching import DatedContent
from data.models import Capture, Content
from data.store.core.store import Store
from data.store.shared_sql.events import ALERTS
from tests.drafts import draft

FIRST = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
EARLY = dt.datetime(2018, 4, 1, 12, 30, tzinfo=dt.UTC)


def captured(at: dt.datetime, content: Content) -> DatedContent:
    """A captured content."""
    place = Capture(f"urn:uuid:{at:%Y%m%d}", "a.warc.gz", 0, 10, "sha256:aa", 1, at)
    return DatedContent(at, content, place)


def test_an_earlier_version_changes_no_numbered_one_and_alerts_nobody(store: Store) -> None:
    one = draft("https://acme.example/1", body_text="The pier is open to all visitors again.")
    known = store.record(one, seen=FIRST, since=FIRST).release
    early = Content(one.content.title, None, body_text="Nobody may enter the pier this summer.")
    waiting = store.waiting_events(ALERTS, limit=9)
    assert store.add_earlier_versions(known.id, [captured(EARLY, early)]) == 1
    assert store.add_earlier_versions(known.id, [captured(EARLY, early)]) == 0
    assert store.release(known.id) == known
    assert [one.number for one in store.revisions(known.id)] == [1]
    assert [(one.number, one.seen, one.content) for one in store.all_versions(known.id)] == [
        (20180401123000, EARLY, early),
        (1, FIRST, known.content),
    ]
    assert store.waiting_events(ALERTS, limit=9) == waiting


def test_a_redaction_removes_the_text_of_earlier_versions(store: Store) -> None:
    one = draft("https://acme.example/1", body_text="The pier is open to all visitors again.")
    known = store.record(one, seen=FIRST, since=FIRST).release
    early = Content(one.content.title, None, body_text="Nobody may enter the pier this summer.")
    store.add_earlier_versions(known.id, [captured(EARLY, early)])
    store.redact(known.id, at=FIRST, why="court order")
    assert {one.content.body_text for one in store.all_versions(known.id)} == {""}
    later = captured(EARLY + dt.timedelta(days=1), early)
    assert store.add_earlier_versions(known.id, [later]) == 0
