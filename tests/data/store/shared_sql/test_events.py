"""Whoever follows the store learns of all that happens to releases: once, and in one order."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from data.models import ChangeCursor, ReleaseEvent, Source
from data.store.core.store import Store
from data.store.open import open_store
from data.store.sqlite.store import SqliteStore
from tests.drafts import BODY, draft, published

HOUR = dt.timedelta(hours=1)
EDITED = BODY.replace("4.2", "4.6")


def followed(
    store: Store, after: ChangeCursor | None = None, *, limit: int = 100
) -> Sequence[ReleaseEvent]:
    """The changes after a place that the store knows."""
    found = store.release_events(after, limit=limit)
    assert found is not None
    return found


def kinds(changes: Sequence[ReleaseEvent]) -> list[str]:
    return [one.kind for one in changes]


def test_each_thing_that_happens_to_a_release_is_one_change(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    store.record(draft(), seen=noon + HOUR, since=noon + HOUR)
    store.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR)
    store.retract(first.id, at=noon + 2 * HOUR)
    store.mark_unchanged(first.id, seen=noon + 3 * HOUR)
    store.hide(first.id, at=noon, why="a test")
    store.unhide(first.id)
    store.redact(first.id, at=noon + 4 * HOUR, why="a court said so")
    found = followed(store)
    assert kinds(found) == [
        *("new", "edit", "retraction", "return", "hidden", "shown", "redaction")
    ]
    assert [one.revision for one in found[:2]] == [1, 2]
    assert {one.release.id for one in found} == {first.id}
    # Each tells of the release as it is now.
    assert {one.release.content.title for one in found} == {"[redacted]"}


def test_what_we_read_better_is_not_an_edit_of_the_publisher(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    better = draft(body_text=BODY + "\n\nThe lamps were made by Aldous and Sons of Tarn.")
    assert store.record_reextraction(first.id, better, at=noon + HOUR, labels={})
    assert kinds(followed(store)) == ["new", "reading"]


def test_other_rules_and_wordings_with_the_same_result_are_no_change(
    store: Store, noon: dt.datetime
) -> None:
    first = store.record(draft(title_rule="h1", body_rule="density"), seen=noon, since=noon).release
    later = noon + HOUR
    again = replace(published("2026-03-02"), raw="2 March 2026", rule="time")
    store.record(draft(title_rule="og", body_rule="learned"), seen=later, since=later)
    store.record(draft(title_rule="og", published=again), seen=later, since=later)
    store.record_reextraction(first.id, draft(title_rule="h2"), at=later, labels={})
    assert kinds(followed(store)) == ["new"]
    stored = store.release(first.id)
    assert stored is not None
    assert stored.content.title_rule == "h2"


def test_a_copy_elsewhere_updates_the_first_with_its_story(store: Store, noon: dt.datetime) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    place = store.last_release_event()
    copy = store.record(draft("http://w.example/1", source="wire"), seen=noon, since=noon).release
    told = [(one.kind, one.release.id) for one in followed(store, place)]
    assert told[0] == ("new", copy.id)
    assert ("update", first.id) in told


def test_a_renamed_source_updates_its_releases(store: Store, noon: dt.datetime) -> None:
    store.register(Source("harbour", "Harbour", "http://harbour.example/"))
    store.record(draft(), seen=noon, since=noon)
    place = store.last_release_event()
    store.rename_source("harbour", "port")
    assert [(one.kind, one.release.source) for one in followed(store, place)] == [
        ("update", "port")
    ]


def test_an_import_of_a_retracted_release_reports_both(store: Store, noon: dt.datetime) -> None:
    store.record(replace(draft(), retracted=noon), seen=noon, since=noon)
    assert kinds(followed(store)) == ["new", "retraction"]


def test_pages_of_any_size_make_up_the_same_whole(store: Store, noon: dt.datetime) -> None:
    for number in range(7):
        text = f"Pier {number} is closed for repairs."
        url = f"http://harbour.example/{number}"
        store.record(draft(url, title=f"Pier {number}", body_text=text), seen=noon, since=noon)
    whole = [one.cursor for one in followed(store)]
    for limit in (1, 2, 3, 7):
        walked: list[ChangeCursor] = []
        while some := followed(store, walked[-1] if walked else None, limit=limit):
            walked += [one.cursor for one in some]
        assert walked == whole
    assert followed(store, store.last_release_event()) == ()


def test_an_undone_change_was_never_reported(store: Store, noon: dt.datetime) -> None:
    with suppress(RuntimeError), store.transaction():
        store.record(draft(), seen=noon, since=noon)
        raise RuntimeError
    assert followed(store) == ()


def test_a_place_missing_in_a_restored_copy_is_unknown(
    sqlite_store: SqliteStore, noon: dt.datetime, tmp_path: Path
) -> None:
    store = sqlite_store
    store.record(draft(), seen=noon, since=noon)
    before = store.last_release_event()
    store.maintain()
    shutil.copyfile(tmp_path / "communique.db", tmp_path / "copy.db")
    store.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR)
    lost = store.last_release_event()
    copy = SqliteStore(tmp_path / "copy.db")
    assert followed(copy, before) == ()
    assert copy.release_events(lost, limit=9) is None
    # The same number comes again, for another change.
    copy.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR)
    assert copy.last_release_event()[0] == lost[0]
    assert copy.release_events(lost, limit=9) is None
    assert kinds(followed(copy, before)) == ["edit"]
    copy.close()


def test_no_change_is_reported_before_an_earlier_one(
    store: Store, noon: dt.datetime, store_url: str
) -> None:
    other = open_store(store_url, patience=0.0)
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        # It has its number, and is not committed: nobody else sees it, nor gets a number at all.
        assert followed(other) == ()
        with pytest.raises(Exception, match=r"locked|another writer"):
            other.record(draft("http://w.example/1", source="wire"), seen=noon, since=noon)
    assert kinds(followed(other)) == ["new"]
    other.close()


def _write_many(url: str, source: str, noon: dt.datetime) -> None:
    store = open_store(url)
    for number in range(8):
        text = f"Notice {number} of {source}: the {number}th basin is closed to {source} traffic."
        page = draft(f"http://{source}.example/{number}", source=source, title=text, body_text=text)
        first = store.record(page, seen=noon, since=noon).release
        store.retract(first.id, at=noon + HOUR)
    store.close()


def test_writers_side_by_side_are_recorded_once_and_in_one_order(
    store_url: str, noon: dt.datetime
) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(store_url, one, noon)) for one in "abc"]
    for writer in writers:
        writer.start()
    store = open_store(store_url)
    walked: list[ReleaseEvent] = []
    at_work = True
    while at_work:
        # Asked before the store is, so that the last look sees all that was written.
        at_work = any(writer.is_alive() for writer in writers)
        while some := followed(store, walked[-1].cursor if walked else None, limit=3):
            walked += some
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert [one.cursor[0] for one in walked] == list(range(1, 49))
    told = [(one.release.id, one.kind) for one in walked]
    every = {one.id for one in store.by_first_seen()}
    assert len(every) == 24
    assert sorted(told) == sorted((one, kind) for one in every for kind in ("new", "retraction"))
    store.close()
