"""An outage of our own network is recorded once, instead of failures of all sources."""

from __future__ import annotations

from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from tests.visits import HOSTS, MINUTE, MONDAY, alerts, events, register, round_of, run, visit


def test_an_outage_of_our_network_is_reported_once_and_its_end_once(
    sqlite_store: SqliteStore,
) -> None:
    down, up = dict.fromkeys(HOSTS, "n"), dict.fromkeys(HOSTS, ".")
    round_of(sqlite_store, up, 0, 3)
    round_of(sqlite_store, down, 3, 20)
    assert events(sqlite_store) == [("", "failing", "network.down")]
    round_of(sqlite_store, up, 23, 20)
    assert events(sqlite_store) == [("", "failing", "network.down"), ("", "ok", "ok")]
    began, ended = sqlite_store.health_events(limit=9)
    assert (began.at, ended.at) == (MONDAY + 3 * MINUTE, MONDAY + 23 * MINUTE)
    assert "4 hosts" in began.reason


def test_a_source_broken_after_an_outage_is_recorded_by_later_visits(
    store: Store,
) -> None:
    down, up = dict.fromkeys(HOSTS, "n"), dict.fromkeys(HOSTS, ".")
    round_of(store, up, 0, 3)
    round_of(store, down, 3, 5)
    round_of(store, {**up, "wire": "n"}, 8, 2)
    assert [name for name, *_ in events(store)] == ["", ""]
    round_of(store, {**up, "wire": "n"}, 10, 2)
    assert events(store)[2:] == [("wire", "failing", "site.dns")]


def test_two_failing_hosts_are_recorded_separately(store: Store) -> None:
    up = dict.fromkeys(HOSTS, ".")
    round_of(store, {**up, "port": "n", "wire": "n"}, 0, 5)
    assert sorted(events(store)) == [
        ("port", "failing", "site.dns"),
        ("wire", "failing", "site.dns"),
    ]


def test_another_failure_during_an_outage_of_ours_is_recorded(
    sqlite_store: SqliteStore,
) -> None:
    round_of(sqlite_store, {**dict.fromkeys(HOSTS, "n"), "near": "."}, 0, 3)
    assert len(events(sqlite_store)) == 4, "one host of five answers"
    names = [f"s{number}" for number in range(10)]
    round_of(sqlite_store, {**dict.fromkeys(names, "n"), "near": "x"}, 3, 3)
    assert events(sqlite_store)[4:] == [
        ("", "failing", "network.down"),
        ("near", "failing", "site.server_error"),
    ]


def test_a_failing_host_waits_half_an_hour_for_visits_to_others(
    store: Store,
) -> None:
    register(store, *HOSTS)
    for name in HOSTS[1:]:
        store.add_run(run(name, MONDAY - MINUTE, "."))
    visit(store, "n" * 10, source="acme", every=4 * MINUTE)
    (event,) = store.health_events(limit=9)
    assert event.at - MONDAY == 32 * MINUTE


def test_a_failing_host_is_recorded_when_two_others_respond(store: Store) -> None:
    register(store, *HOSTS)
    for name in HOSTS[1:]:
        store.add_run(run(name, MONDAY + MINUTE, "."))
    visit(store, "n" * 3, source="acme", every=2 * MINUTE)
    (event,) = store.health_events(limit=9)
    assert event.at - MONDAY == 4 * MINUTE


def test_a_recurring_outage_alerts_at_most_twice_a_day(sqlite_store: SqliteStore) -> None:
    for turn in range(4):
        round_of(sqlite_store, dict.fromkeys(HOSTS, "n"), 10 * turn, 5)
        round_of(sqlite_store, dict.fromkeys(HOSTS, "."), 10 * turn + 5, 5)
    assert len(events(sqlite_store)) == 8
    assert alerts(sqlite_store) == ["failing", "ok", "failing"]
