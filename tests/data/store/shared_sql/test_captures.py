"""The store points to the records that show a release, and follows them where they move."""

from __future__ import annotations

import datetime as dt

from data.models import Facet, RecordPlace
from data.store.core.store import Store
from tests.drafts import BODY, capture, draft

HOUR = dt.timedelta(hours=1)
EDITED = BODY.replace("4.2", "4.6")


def test_each_version_has_its_first_capture_and_the_last_sight_its_own(
    store: Store, noon: dt.datetime
) -> None:
    first, second, third, last = (capture(number, noon + number * HOUR) for number in range(4))
    made = store.record(draft(capture=first), seen=first.at, since=noon).release
    assert made.capture == first
    assert store.sightings(made.id).seen == first
    store.record(draft(capture=second), seen=second.at, since=second.at)
    assert store.sightings(made.id).versions == {1: first}
    assert store.sightings(made.id).seen == second
    edited = store.record(draft(body_text=EDITED, capture=third), seen=third.at, since=third.at)
    assert edited.release.capture == third
    assert store.sightings(made.id).seen == third
    store.mark_unchanged(made.id, seen=last.at, capture=last)
    assert store.sightings(made.id).versions == {1: first, 2: third}
    assert store.sightings(made.id).seen == last
    kept = store.release(made.id)
    assert kept is not None
    assert kept.capture == third
    assert [one.capture for one in store.revisions(made.id)] == [first, third]
    assert [one.capture for one in store.edits(limit=9)] == [third]
    (then,) = store.as_of(Facet(), noon + HOUR, limit=1)
    assert then.capture == first
    assert {*store.captured()} == {first, third, last}


def test_unarchived_versions_refer_to_no_capture(store: Store, noon: dt.datetime) -> None:
    first = capture(1, noon)
    made = store.record(draft(capture=first), seen=noon, since=noon).release
    edited = store.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR).release
    assert edited.capture is None
    assert [one.capture for one in store.revisions(made.id)] == [first, None]


def test_a_retraction_points_to_the_last_answer_before_it(store: Store, noon: dt.datetime) -> None:
    made = store.record(draft(), seen=noon, since=noon).release
    first, second, later = (capture(number, noon + number * HOUR) for number in (1, 2, 3))
    store.mark_gone(made.id, seen=first.at, capture=first)
    store.mark_gone(made.id, seen=second.at, capture=second)
    store.retract(made.id, at=second.at)
    store.mark_gone(made.id, seen=later.at, capture=later)
    assert store.sightings(made.id).gone == second


def test_a_moved_record_is_followed_and_its_release_published_again(
    store: Store, noon: dt.datetime
) -> None:
    one = capture(1, noon)
    made = store.record(draft(capture=one), seen=noon, since=noon).release
    store.keep_file("harbour", "http://harbour.example/a.pdf", one)
    published = store.change_cursor()
    before = store.summaries(Facet())
    store.relocate_captures({one.record_id: RecordPlace("b.warc.gz", 7, 8)})
    (moved,) = {*store.captured()}
    assert (moved.file, moved.offset, moved.length) == ("b.warc.gz", 7, 8)
    assert Facet(source="harbour") in store.dirty_feeds(published)
    assert store.summaries(Facet()) != before
    after = store.summaries(Facet())
    store.mark_unchanged(made.id, seen=noon + HOUR, capture=capture(2, noon + HOUR))
    store.relocate_captures({capture(2, noon).record_id: RecordPlace("b.warc.gz", 9, 9)})
    assert store.summaries(Facet()) == after


def test_files_are_requested_until_they_are_archived_or_failed_often(
    store: Store, noon: dt.datetime
) -> None:
    first, second = "http://harbour.example/a.pdf", "http://harbour.example/b.pdf"
    assert store.await_files("harbour", [first, second, first]) == (first, second)
    assert store.await_files("harbour", [second]) == ()
    assert store.awaited_files("harbour", now=noon, since=noon, limit=9) == (first, second)
    assert store.awaited_files("harbour", now=noon, since=noon, limit=9) == ()
    store.keep_file("harbour", first, capture(1, noon))
    store.await_files("wire", [first])
    assert store.awaited_files("wire", now=noon, since=noon, limit=9) == ()
    assert store.file_captures([first, second]) == {first: capture(1, noon)}
    asked = 1
    for day in range(1, 20):
        later = noon + day * 24 * HOUR
        asked += len(store.awaited_files("harbour", now=later, since=later, limit=9))
    assert asked == 5
