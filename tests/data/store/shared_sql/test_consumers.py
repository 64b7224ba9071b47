"""Consumers handle each event once and in order, whatever fails or is killed."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import re
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from data.models import Consumer, Event, EventKind, Facet, Handling, Source
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.events import ALERTS, CONSUMERS, PUBLISHING, SEARCH_INDEX, of_kinds
from data.store.shared_sql.new_events import NewEvent
from tests.drafts import BODY, draft
from tests.examples import thorough

ROOT = Path(__file__).parents[4]
HOUR = dt.timedelta(hours=1)
EDITED = BODY.replace("4.2", "4.6")
EDITS = Consumer("edits", of_kinds("edit", "retraction"))


def filled(store: Store, noon: dt.datetime) -> str:
    """Record a release with an edit and a retraction, and return its id."""
    first = store.record(draft(), seen=noon, since=noon).release
    store.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR)
    store.retract(first.id, at=noon + 2 * HOUR)
    return first.id


def test_each_event_is_handled_once_and_in_order(store: Store, noon: dt.datetime) -> None:
    release = filled(store, noon)
    handled: list[Event] = []
    assert store.consume(EDITS, handled.extend, limit=1) == 1
    assert store.consume(EDITS, handled.extend, limit=9) == 1
    assert store.consume(EDITS, handled.extend, limit=9) == 0
    assert [(one.kind, one.release, one.revision) for one in handled] == [
        ("edit", release, 2),
        ("retraction", release, 2),
    ]


def test_a_consumer_that_fails_stops_alone_and_resumes(store: Store, noon: dt.datetime) -> None:
    filled(store, noon)

    def fail(events: Sequence[Event]) -> None:
        store.pass_events(ALERTS, 0)
        raise ValueError(f"no room for {len(events)}")

    store.skip_events(ALERTS)
    with pytest.raises(ValueError, match="no room"):
        store.consume(SEARCH_INDEX, fail, limit=9)
    index, alerts, publishing = store.consumer_lags()
    assert (index.events, index.problem) == (3, "ValueError: no room for 3")
    assert index.since is not None
    assert (alerts.events, alerts.problem) == (0, ""), "what the failed one wrote is undone"
    assert publishing.events == 3
    assert store.update_search_index() == 1
    assert [(one.events, one.problem) for one in store.consumer_lags()][:2] == [(0, "")] * 2


def _killed_in_the_middle(url: str) -> None:
    store = open_store(url)

    def handle(events: Sequence[Event]) -> None:
        store.keep_template("harbour", "handled", f"{len(events)}")
        os._exit(9)

    store.consume(EDITS, handle, limit=9)


@pytest.mark.parametrize("store_url", ["sqlite", *thorough("postgresql")], indirect=True)
def test_a_killed_consumer_wrote_nothing_and_resumes(
    store: Store, store_url: str, noon: dt.datetime
) -> None:
    filled(store, noon)
    killed = multiprocessing.get_context("spawn").Process(
        target=_killed_in_the_middle, args=(store_url,)
    )
    killed.start()
    killed.join()
    assert killed.exitcode == 9
    assert store.templates("harbour") == ()
    handled: list[Event] = []
    store.consume(EDITS, handled.extend, limit=9)
    assert len(handled) == 2


def test_events_of_a_failed_transaction_reach_no_consumer(store: Store, noon: dt.datetime) -> None:
    with suppress(RuntimeError), store.transaction():
        filled(store, noon)
        raise RuntimeError
    assert [one.events for one in store.consumer_lags()] == [0, 0, 0]


def test_an_unknown_kind_and_a_missing_release_are_passed_over(
    store: Store, noon: dt.datetime
) -> None:
    with store.transaction():
        tomorrow = cast("EventKind", "of_tomorrow")
        store.unit.publish(
            NewEvent(tomorrow, None, 1, "harbour", 0.0), NewEvent("edit", None, 1, "harbour", 0.0)
        )
    before = store.change_cursor()
    first = store.record(draft(), seen=noon, since=noon).release
    assert [one.kind for one in store.release_events(limit=9) or ()] == ["new"]
    assert set(store.changes_since(before, limit=9) or ()) == {first.id}
    assert store.update_search_index() == 1
    assert [one.release for one in store.queued_events(limit=9)] == [first.id]


def test_a_publication_is_an_event_with_the_last_published_one(
    store: Store, noon: dt.datetime
) -> None:
    filled(store, noon)
    last = store.last_event(PUBLISHING)
    assert store.cursor_of(PUBLISHING) is None
    store.pass_publication(last, noon)
    (event,) = store.waiting_events(Consumer("any", of_kinds("published")), limit=9)
    assert (event.payload, event.at) == (f'{{"last":{last[0]}}}', noon)
    assert store.cursor_of(PUBLISHING) == last
    assert store.last_event(PUBLISHING) == last, "a publication is not published"
    assert store.consumer_lags()[-1].events == 0


def test_events_that_a_consumer_waits_for_are_kept_longer(store: Store, noon: dt.datetime) -> None:
    first = store.record(draft(), seen=noon, since=noon).release
    for consumer in CONSUMERS:
        store.skip_events(consumer)
    store.mark_gone(first.id, seen=noon + HOUR)
    store.alert_gone(store.vanished("harbour"))
    store.record(draft(body_text=EDITED), seen=noon + HOUR, since=noon + HOUR)
    now = dt.datetime.now(dt.UTC)
    store.forget_old_events((now + dt.timedelta(days=8)).timestamp())
    assert [one.kind for one in store.queued_events(limit=9)] == ["gone", "edit"]
    store.forget_old_events((now + dt.timedelta(days=31)).timestamp())
    assert [one.kind for one in store.queued_events(limit=9)] == ["edit"]


def test_a_home_that_rarely_publishes_misses_no_removed_source(
    store: Store, noon: dt.datetime
) -> None:
    source = Source("harbour", "Harbour", "https://harbour.example/", "UTC")
    store.register(source)
    filled(store, noon)
    before = store.last_event(PUBLISHING)
    store.remove_source("harbour", at=noon, kept=True)
    store.register(source)
    store.remove_source("harbour", at=noon, kept=True)
    store.record(draft("https://port.example/1", source="port"), seen=noon, since=noon)
    removed = Consumer("any", of_kinds("removed"))
    assert len(store.waiting_events(removed, limit=9)) == 2
    for consumer in CONSUMERS:
        store.skip_events(consumer)
    store.forget_old_events((dt.datetime.now(dt.UTC) + dt.timedelta(days=31)).timestamp())
    assert len(store.waiting_events(removed, limit=9)) == 1
    assert Facet(source="harbour") in store.dirty_feeds(before)


def test_the_consumer_of_the_how_to_works(store: Store, noon: dt.datetime, tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/add-a-consumer.md").read_text("utf-8")
    code = textwrap.dedent("".join(re.findall(r"^(?:    .*)?\n", page, flags=re.MULTILINE)))
    assert len(code.strip().splitlines()) < 25
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own document
    release = filled(store, noon)
    for _ in range(2):
        names["write_retractions"](store, tmp_path)
    assert [path.name for path in tmp_path.glob(f"{release}-*")] == [f"{release}-3"]
    assert names["write_retractions"](store, tmp_path) == 0


def test_what_happens_to_a_source_is_an_event(store: Store, noon: dt.datetime) -> None:
    source = Source("harbour", "Harbour", "http://harbour.example/")
    store.register(source)
    store.register(source)
    store.handle("harbour", Handling("paused", noon, "a test"))
    store.end_handling("harbour", "paused")
    store.rename_source("harbour", "port")
    store.remove_source("port", at=noon, kept=True)
    store.register(replace(source, id="port"))
    every = Consumer("every", "1 = 1")
    events = store.waiting_events(every, limit=9)
    assert [one.kind for one in events] == [
        *("registered", "paused", "resumed", "renamed", "removed", "registered")
    ]
    assert {one.source for one in events} == {"port"}, "events follow the name of their source"
    assert store.release_events(limit=9) == ()


def test_the_search_index_is_updated_in_steps_without_later_releases(
    store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.shared_sql.search_index.EVENTS_PER_TRANSACTION", 2)

    def record(number: int) -> None:
        one = draft(f"http://harbour.example/{number}", body_text=f"Tide {number}.")
        store.record(one, seen=noon, since=noon)

    for number in range(3):
        record(number)
    steps = store.index_in_steps()
    assert next(steps) == 2
    record(3)
    assert [*steps] == [1]
    assert store.update_search_index() == 1
