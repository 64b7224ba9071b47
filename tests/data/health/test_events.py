"""Which changes in the health of sources are noted, and whom they alert."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from data.health.codes import Verdict
from data.health.events import note_health_events
from data.models import Handling, HandlingKind
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from tests.visits import DAY, MINUTE, MONDAY, QUARTER, alerts, register, run, told, visit


def test_events_of_several_sources_are_stored_in_the_order_of_visits(
    store: Store,
) -> None:
    register(store, "acme", "harbour")
    for number in range(3):
        store.add_run(run("acme", MONDAY + (number + 5) * MINUTE, "x"))
        store.add_run(run("harbour", MONDAY + number * MINUTE, "x"))
    assert note_health_events(store, further=2, now=MONDAY) == 2
    assert [one.source for one in store.health_events(limit=9)] == ["harbour", "acme"]


def handle(store: Store, kind: HandlingKind, until: dt.datetime | None = None) -> None:
    register(store, "harbour")
    store.handle("harbour", Handling(kind, MONDAY, "it is being rebuilt", until))


def test_a_muted_source_is_in_the_feed_of_health_but_sends_no_alerts(
    store: Store,
) -> None:
    handle(store, "muted", until=MONDAY + DAY)
    visit(store, "xxx...", source="harbour")
    visit(store, "xxx", source="wire")
    assert alerts(store) == ["failing"]
    assert [state for _, state in told(store)] == ["failing", "ok", "failing"]


def test_a_mute_ends_by_itself(store: Store) -> None:
    handle(store, "muted", until=MONDAY)
    visit(store, "xxx")
    assert alerts(store) == ["failing"]


def test_an_acknowledged_source_sends_an_alert_when_it_works(store: Store) -> None:
    visit(store, "xxx")
    handle(store, "acknowledged")
    visit(store, "bbb", start=MONDAY + 3 * QUARTER)
    assert alerts(store) == ["failing"]
    assert store.handlings(MONDAY)
    visit(store, "...", start=MONDAY + 6 * QUARTER)
    assert alerts(store) == ["failing", "ok"]
    assert not store.handlings(MONDAY)


def test_a_failure_acknowledged_before_confirmation_sends_no_alert(
    store: Store,
) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "xx", start=MONDAY + QUARTER)
    assert (alerts(store), len(told(store))) == ([], 1)


def test_an_acknowledgement_of_an_unrecorded_failure_ends_too(store: Store) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "...", start=MONDAY + QUARTER)
    assert not store.handlings(MONDAY)


def test_a_paused_source_is_not_recorded(store: Store) -> None:
    handle(store, "paused")
    visit(store, "xxx")
    assert told(store) == []
    store.end_handling("harbour", "paused")
    visit(store, "x", start=MONDAY + 3 * QUARTER)
    assert told(store) == [(3, "failing")]


def test_an_unvisited_source_is_recorded_at_once_and_recovers_with_a_visit(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    lost = {"harbour": Verdict("source.missing", "its source file is not there any more")}
    visit(store, "...")

    def note(minutes: int, unvisited: Mapping[str, Verdict]) -> int:
        now = MONDAY + minutes * MINUTE
        return note_health_events(store, further=2, now=now, unvisited=unvisited)

    assert [note(60, lost), note(61, lost)] == [1, 0]
    assert store.last_health_events()["harbour"].code == "source.missing"
    assert note(62, {}) == 0, "its last visit was before"
    store.add_run(run("harbour", MONDAY + 70 * MINUTE, "."))
    assert note(71, {}) == 1
    assert store.last_health_events()["harbour"].well
    # Of what was never visited nothing is known.
    assert note(72, {"pier": lost["harbour"]}) == 0
    store.close()
