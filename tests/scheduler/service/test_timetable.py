"""When a source is visited after a start of the service."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from itertools import pairwise
from pathlib import Path

import pytest

from data.clock import utc_now
from data.health.health_changes import note_health_events
from data.models import Published, Run
from data.settings import Collect, HealthSettings
from data.store.core.store import Store
from scheduler.planning.planner import VisitPlanner
from scheduler.service.timetable import (
    MAX_SPREAD_SECONDS,
    RECURRING_JOBS,
    SETTLING_SECONDS,
    Timetable,
)
from scheduler.service.visit_plan import (
    MAX_FIRST_VISITS_AT_ONCE,
    MAX_FIRST_VISITS_PER_DAY,
    FirstVisitBudget,
    first_visit,
)
from spiders.sources.source_file import LoadedSource, SourceFile
from tests.drafts import draft
from tests.peer import PATIENCE

HOUR = dt.timedelta(hours=1)


def test_a_new_source_is_visited_at_once_and_a_known_one_when_due(
    noon: dt.datetime,
) -> None:
    chance = random.Random(1)
    assert first_visit(None, noon + HOUR, HOUR, noon, chance) == noon
    due = noon + HOUR / 2
    assert first_visit(noon - HOUR / 2, due, HOUR, noon, chance) == due


def test_overdue_sources_are_spread_not_visited_all_at_once(noon: dt.datetime) -> None:
    chance = random.Random(1)
    last, due = noon - 9 * HOUR, noon - 8 * HOUR
    starts = {first_visit(last, due, HOUR, noon, chance) for _ in range(50)}
    assert len(starts) == 50
    assert noon <= min(starts)
    assert max(starts) <= noon + HOUR / 10


def test_a_last_visit_in_the_future_delays_no_visit(noon: dt.datetime) -> None:
    chance = random.Random(1)
    for ahead in (HOUR / 60, 24 * HOUR, 9999 * HOUR):
        due = noon + ahead + HOUR
        assert noon <= first_visit(noon + ahead, due, HOUR, noon, chance) <= noon + HOUR / 10


def test_first_visits_to_sources_from_a_catalogue_are_spread_over_days(noon: dt.datetime) -> None:
    walks = FirstVisitBudget()
    first = [walks.next_slot(noon) for _ in range(500)]
    assert first.count(noon) == MAX_FIRST_VISITS_AT_ONCE
    assert first == sorted(first)
    for day in range(3):
        begun = [at for at in first if noon + 24 * day * HOUR < at <= noon + 24 * (day + 1) * HOUR]
        assert len(begun) <= MAX_FIRST_VISITS_PER_DAY
    assert first[-1] <= noon + 3 * 24 * HOUR
    # A day later, the slots of this day can be used.
    later = first[-1] + 24 * HOUR
    assert walks.next_slot(later) == later


class Clock:
    """A clock that stands still until it is moved, and the time of day, which can be set."""

    def __init__(self, noon: dt.datetime) -> None:
        self.seconds = 1000.0
        self.day = noon

    def pass_by(self, seconds: float) -> None:
        """Let time go by."""
        self.seconds += seconds
        self.day += dt.timedelta(seconds=seconds)


async def ignore(source: str) -> None:
    """Visit nothing."""
    del source


def timetable_of(clock: Clock) -> Timetable:
    """A timetable whose jobs stand still."""
    return Timetable(ignore, random.Random(1), clock=lambda: clock.seconds, now=lambda: clock.day)


def waits(timetable: Timetable, clock: Clock) -> dict[str, float]:
    """In how many seconds each job is due."""
    return {
        job.id.removeprefix("visit "): (job.next_run_time - clock.day).total_seconds()
        for job in timetable.scheduler.get_jobs()
    }


@pytest.mark.parametrize("days", [-2, 1, 400])
def test_changing_the_clock_moves_no_visit(noon: dt.datetime, days: int) -> None:
    clock = Clock(noon)
    timetable = timetable_of(clock)

    async def work() -> None:
        timetable.scheduler.start(paused=True)
        timetable.put("acme", 60.0)
        timetable.put("port", 600.0)
        clock.pass_by(10)
        timetable.check_clock()
        assert waits(timetable, clock) == {"acme": 50.0, "port": 590.0}
        clock.day += dt.timedelta(days=days)
        timetable.check_clock()
        assert waits(timetable, clock) == {"acme": 50.0, "port": 590.0}
        timetable.scheduler.shutdown()

    asyncio.run(work())


def test_a_source_is_due_after_its_wait_with_a_random_delay(
    noon: dt.datetime,
) -> None:
    clock = Clock(noon)
    timetable = timetable_of(clock)

    async def work() -> None:
        timetable.scheduler.start(paused=True)
        due = set()
        for wait, least in ((890.0, 890.0), (-9000.0, 90.0)):
            timetable.put_again("acme", wait, 900.0)
            due.add(later := waits(timetable, clock)["acme"] - least)
            assert 0 < later <= MAX_SPREAD_SECONDS
        assert len(due) == 2
        timetable.remove("acme")
        timetable.remove("acme")
        assert waits(timetable, clock) == {}
        timetable.scheduler.shutdown()

    asyncio.run(work())


def test_other_sources_are_hastened_but_never_delayed(noon: dt.datetime) -> None:
    clock = Clock(noon)
    timetable = timetable_of(clock)

    async def work() -> None:
        timetable.put("late", 600.0)
        # A service that starts again hastens what awaits confirmation, before jobs run.
        timetable.hasten("late", 300.0)
        timetable.scheduler.start(paused=True)
        timetable.put("port", 600.0)
        timetable.put("acme", 60.0)
        assert [*timetable.due()] == ["acme", "late", "port"]
        for source in ("acme", "port", "wire"):
            timetable.hasten(source, 120.0)
        assert waits(timetable, clock) == {"acme": 60.0, "port": 120.0, "late": 300.0}
        timetable.scheduler.shutdown()

    asyncio.run(work())


def test_a_clock_changed_by_a_day_is_doubted_for_a_while(noon: dt.datetime) -> None:
    clock = Clock(noon)
    timetable = timetable_of(clock)
    for leap, settled in ((dt.timedelta(seconds=50), True), (dt.timedelta(days=1), False)):
        clock.day += leap
        timetable.check_clock()
        assert timetable.is_clock_settled is settled
    clock.pass_by(SETTLING_SECONDS - 60)
    clock.day -= dt.timedelta(days=1)
    timetable.check_clock()
    clock.pass_by(SETTLING_SECONDS - 60)
    assert not timetable.is_clock_settled
    clock.pass_by(60)
    assert timetable.is_clock_settled


def test_a_clock_jump_causes_no_burst_no_gap_and_no_false_alarm(
    store: Store, noon: dt.datetime
) -> None:
    # One more day without a release would be silence.
    start = noon + dt.timedelta(days=3)
    clock, health = Clock(start), HealthSettings()
    timetable, planner = timetable_of(clock), VisitPlanner(Collect(), health)
    file = SourceFile(name="Port", url="http://port.example/", timezone="UTC")
    port = LoadedSource("port", Path("port.toml"), own=True, file=file)
    store.register(port.source)
    for day in range(40):
        at = noon - dt.timedelta(days=40 - day)
        stated = Published(at, "second", "UTC", at.isoformat(), "test")
        title = f"Pier {day} opens"
        made = draft(
            f"http://port.example/{day}",
            source="port",
            published=stated,
            title=title,
            body_text=title,
        )
        store.record(made, seen=at, since=at)
    planner.learn(store, [port], start)
    leaps = {5: dt.timedelta(days=1), 9: -dt.timedelta(days=1), 13: -dt.timedelta(days=1)}
    begun = []

    async def work() -> None:
        timetable.scheduler.start(paused=True)
        timetable.put("port", 0.0)
        for number in range(20):
            clock.pass_by(waits(timetable, clock)["port"])
            begun.append(clock.seconds)
            started = clock.day
            clock.pass_by(5)
            clock.day += leaps.get(number, dt.timedelta(0))
            timetable.check_clock()
            store.add_run(Run("port", started, 5.0, pages=1, found=1, unchanged=1))
            wait = planner.next_visit(store, port, started).wait(clock.day)
            timetable.put_again("port", wait, planner.interval(port))
            if timetable.is_clock_settled:
                note_health_events(store, further=2, now=clock.day)
        timetable.scheduler.shutdown()

    asyncio.run(work())
    assert store.health_events(limit=9) == ()
    gaps = [after - before for before, after in pairwise(begun)]
    assert min(gaps) >= 90
    assert max(gaps) <= 6 * 3600 + MAX_SPREAD_SECONDS


def test_an_overdue_source_is_visited_once() -> None:
    visited: list[str] = []
    done = asyncio.Event()

    async def visit(source: str) -> None:
        visited.append(source)
        done.set()

    async def work() -> None:
        timetable = Timetable(visit, random.Random(1))
        timetable.put("acme", -86_400.0)
        timetable.scheduler.start()
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        assert timetable.scheduler.get_jobs() == []
        timetable.scheduler.shutdown()

    asyncio.run(work())
    assert visited == ["acme"]


def test_each_recurring_job_is_started_with_its_action(
    noon: dt.datetime,
) -> None:
    async def nothing() -> None:
        """Do nothing."""

    async def work() -> None:
        timetable = timetable_of(Clock(noon))
        with pytest.raises(KeyError):
            timetable.start({})
        timetable.start(dict.fromkeys(RECURRING_JOBS, nothing))
        begun = [job.trigger.interval.total_seconds() for job in timetable.scheduler.get_jobs()]
        timetable.scheduler.shutdown(wait=False)
        assert sorted(begun) == sorted(RECURRING_JOBS.values())

    asyncio.run(work())


def test_a_job_cut_short_by_the_end_is_not_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        begun = asyncio.Event()

        async def act() -> None:
            begun.set()
            await asyncio.Event().wait()

        timetable = Timetable(lambda _: act(), random.Random(1))
        timetable.start(dict.fromkeys(RECURRING_JOBS, act))
        for job in timetable.scheduler.get_jobs():
            job.modify(next_run_time=utc_now())
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            timetable.scheduler.shutdown(wait=False)
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(work())
    assert caplog.records == []
