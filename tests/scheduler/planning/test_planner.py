"""The next visit to each source, planned from stored facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from data.models import Published, Run, RunError, Wait
from data.settings import Collect, HealthSettings
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from scheduler.planning.planner import NextVisit, VisitPlanner
from spiders.sources.source_file import LoadedSource, SourceFile
from tests.drafts import draft
from tests.examples import thorough

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
WEEKS = 12
NOW = MONDAY + dt.timedelta(weeks=WEEKS)
MINUTE = dt.timedelta(minutes=1)


def source(name: str, interval: int | None = None) -> LoadedSource:
    """A source on the clock of UTC."""
    file = SourceFile(name=name, url=f"http://{name}.example/", timezone="UTC", interval=interval)
    return LoadedSource(name, Path(f"{name}.toml"), own=True, file=file)


def publish(store: Store, name: str, minutes: Sequence[int], weeks: int = WEEKS) -> None:
    """Releases of a source at these minutes of its Mondays."""
    for week in range(weeks):
        for minute in minutes:
            at = MONDAY + dt.timedelta(weeks=week, minutes=minute)
            stated = Published(at, "second", "UTC", at.isoformat(), "test")
            url = f"http://{name}.example/{week}/{minute}"
            text = f"Pier {week} of {name} opens at {minute}."
            made = draft(url, source=name, published=stated, body_text=text, title=text)
            store.record(made, seen=at + MINUTE, since=MONDAY)


def day(planner: VisitPlanner, store: Store, one: LoadedSource) -> list[NextVisit]:
    """The visits of a Monday."""
    visits = [planner.next_visit(store, one, NOW)]
    while visits[-1].at < NOW + dt.timedelta(days=1):
        visits.append(planner.next_visit(store, one, visits[-1].at))
    return visits


def test_a_source_is_visited_right_after_its_usual_publication_time(
    store: Store,
) -> None:
    publish(store, "harbour", [9 * 60, 14 * 60 + 30])
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour")
    planner.learn(store, [one], NOW)
    visits = day(planner, store, one)
    for minute in (9 * 60, 14 * 60 + 30):
        due = NOW + minute * MINUTE
        late = min(visit.at - due for visit in visits if visit.at > due)
        assert late <= 2 * MINUTE
    busy = min(visits, key=lambda visit: abs(visit.at - NOW - 9 * 60 * MINUTE))
    assert busy.hourly is not None
    assert busy.hourly > 0.1
    assert all(visit.hourly is not None and visit.hourly < busy.hourly for visit in visits[:3])


def test_a_plan_is_the_same_after_a_restart(store: Store) -> None:
    publish(store, "harbour", [9 * 60])
    one = source("harbour")
    found = []
    for _ in range(2):
        planner = VisitPlanner(Collect(), HealthSettings())
        planner.learn(store, [one], NOW)
        found.append(planner.next_visit(store, one, NOW))
    assert found[0] == found[1]


def test_a_busy_source_takes_visits_from_a_quiet_one_and_none_from_one_with_an_interval(
    sqlite_store: SqliteStore,
) -> None:
    publish(sqlite_store, "harbour", range(0, 24 * 60, 90), weeks=3)
    publish(sqlite_store, "port", [600], weeks=2)
    planner = VisitPlanner(Collect(), HealthSettings())
    names = [source("harbour"), source("port"), source("ferry", 900)]
    planner.learn(sqlite_store, names, NOW)
    busy, quiet, own = (len(day(planner, sqlite_store, one)) for one in names)
    assert busy > quiet
    assert own > 96, "it is a workday"


def test_a_new_source_is_expected_to_publish_when_the_others_do(store: Store) -> None:
    publish(store, "harbour", [3 * 60])
    new, at = source("port"), NOW + 170 * MINUTE
    alone, among = (
        VisitPlanner(Collect(), HealthSettings()),
        VisitPlanner(Collect(), HealthSettings()),
    )
    alone.learn(store, [new], NOW)
    among.learn(store, [new, source("harbour")], NOW)
    expected = [one.next_visit(store, new, at).hourly for one in (alone, among)]
    assert expected[0] is not None
    assert expected[1] is not None
    assert expected[1] > 2 * expected[0]


def test_visits_at_the_minimum_interval_are_evenly_spaced(store: Store) -> None:
    publish(store, "harbour", [9 * 60])
    planner, one = VisitPlanner(Collect(least_interval=900), HealthSettings()), source("harbour")
    planner.learn(store, [one], NOW)
    assert planner.next_visit(store, one, NOW) == NextVisit(NOW + 15 * MINUTE, 900.0)


def test_visits_within_a_minute_are_evenly_spaced(store: Store) -> None:
    planner = VisitPlanner(Collect(interval=2, least_interval=1), HealthSettings())
    one = source("harbour")
    planner.learn(store, [one], NOW)
    assert planner.next_visit(store, one, NOW) == NextVisit(NOW + dt.timedelta(seconds=2), 2)


def test_a_host_that_requested_a_pause_is_not_visited_before_its_end(store: Store) -> None:
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour")
    planner.learn(store, [one], NOW)
    until = NOW + dt.timedelta(hours=20)
    store.keep_wait("harbour.example", Wait(until, 429))
    due = planner.next_visit(store, one, NOW)
    assert (due.at, due.host_wait) == (until, Wait(until, 429))
    over = planner.next_visit(store, one, until + MINUTE)
    assert over.host_wait is None


BROKEN = RunError("http://harbour.example/", "http:500", "the server responded with 500")


def test_a_failure_is_checked_soon_but_not_before_the_host_allows(store: Store) -> None:
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour")
    planner.learn(store, [one], NOW)
    store.register(one.source)
    store.add_run(Run("harbour", NOW, 1.0, errors=(BROKEN,)))
    soon = NextVisit(NOW + 2 * MINUTE, 120.0, confirms=True)
    assert planner.next_visit(store, one, NOW) == soon
    until = NOW + 5 * MINUTE
    store.keep_wait("harbour.example", Wait(until, 429))
    assert planner.next_visit(store, one, NOW) == NextVisit(
        until, 300.0, host_wait=Wait(until, 429), confirms=True
    )
    for minute in (5, 7):
        store.add_run(Run("harbour", NOW + minute * MINUTE, 1.0, errors=(BROKEN,)))
    after = planner.next_visit(store, one, NOW + 7 * MINUTE)
    assert after.seconds > 120
    assert not after.confirms


def test_a_pause_stored_by_a_fast_clock_delays_no_visit(store: Store) -> None:
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour", interval=60)
    store.keep_wait("harbour.example", Wait(NOW + dt.timedelta(days=2), 429))
    assert planner.next_visit(store, one, NOW) == NextVisit(NOW + MINUTE, 60.0)


def test_two_other_rested_hosts_show_whether_our_network_is_down(
    store: Store,
) -> None:
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour")
    names = ("busy", "waiting", "acme", "port", "wire")
    twin = replace(source("twin"), file=one.file)
    others = [one, twin, *map(source, names)]

    def witnesses(at: dt.datetime) -> list[str]:
        return planner.witnesses(store, one, others, at)

    store.add_run(Run("busy", NOW - MINUTE, 1.0))
    store.keep_wait("waiting.example", Wait(NOW + 5 * MINUTE, 429))
    assert witnesses(NOW) == ["acme", "port"]
    assert witnesses(NOW + 2 * MINUTE) == ["busy", "acme"]
    assert witnesses(NOW + 6 * MINUTE) == ["busy", "waiting"]


def test_estimates_are_renewed_daily_and_for_new_sources_at_once(
    sqlite_store: SqliteStore,
) -> None:
    planner, one, other = (
        VisitPlanner(Collect(), HealthSettings()),
        source("harbour"),
        source("port"),
    )
    planner.learn(sqlite_store, [one], NOW)
    before = planner.next_visit(sqlite_store, one, NOW)
    publish(sqlite_store, "harbour", range(0, 24 * 60, 90), weeks=3)
    planner.learn(sqlite_store, [one], NOW + dt.timedelta(hours=23))
    assert planner.next_visit(sqlite_store, one, NOW) == before
    assert planner.next_visit(sqlite_store, other, NOW).hourly is None, "not learned yet"
    planner.learn(sqlite_store, [one, other], NOW + dt.timedelta(hours=23))
    assert planner.next_visit(sqlite_store, other, NOW).hourly is not None
    planner.learn(sqlite_store, [one, other], NOW + dt.timedelta(hours=25))
    after = planner.next_visit(sqlite_store, one, NOW)
    assert after.hourly is not None
    assert before.hourly is not None
    assert after.hourly > 2 * before.hourly
    planner.learn(sqlite_store, [other], NOW + dt.timedelta(hours=26))
    assert planner.next_visit(sqlite_store, one, NOW).hourly is None, "it is gone"


@pytest.mark.parametrize("days", [400, *thorough(-400)])
def test_plans_survive_a_changed_clock(store: Store, days: int) -> None:
    publish(store, "harbour", [9 * 60])
    planner, one = VisitPlanner(Collect(), HealthSettings()), source("harbour")
    planner.learn(store, [one], NOW)
    moved = NOW + dt.timedelta(days=days)
    planner.learn(store, [one], moved)
    assert dt.timedelta(0) < planner.next_visit(store, one, moved).at - moved <= 360 * MINUTE


def test_a_source_is_not_visited_before_the_least_interval_and_its_host_allow(
    store: Store,
) -> None:
    planner, one = VisitPlanner(Collect(least_interval=120), HealthSettings()), source("harbour")
    assert planner.soonest_visit(store, one, NOW) == NOW
    store.add_run(Run("harbour", NOW - MINUTE, 1.0))
    assert planner.soonest_visit(store, one, NOW) == NOW + MINUTE
    assert planner.soonest_visit(store, one, NOW + 9 * MINUTE) == NOW + 9 * MINUTE
    # The clock was wrong at the last visit, or is now.
    assert planner.soonest_visit(store, one, NOW - 9 * MINUTE) == NOW - 9 * MINUTE
    store.keep_wait("harbour.example", Wait(NOW + 30 * MINUTE, 429))
    assert planner.soonest_visit(store, one, NOW) == NOW + 30 * MINUTE
