"""When a source is visited after a start of the service."""

from __future__ import annotations

import asyncio
import datetime as dt
import random

from scheduler.timetable import Timetable, first_visit

HOUR = dt.timedelta(hours=1)


def test_a_new_source_is_visited_at_once_and_a_known_one_when_its_interval_ends(
    noon: dt.datetime,
) -> None:
    chance = random.Random(1)
    assert first_visit(None, HOUR, noon, chance) == noon
    assert first_visit(noon - HOUR / 2, HOUR, noon, chance) == noon + HOUR / 2


def test_overdue_sources_are_spread_not_visited_all_at_once(noon: dt.datetime) -> None:
    chance = random.Random(1)
    starts = {first_visit(noon - 9 * HOUR, HOUR, noon, chance) for _ in range(50)}
    assert len(starts) == 50
    assert noon <= min(starts)
    assert max(starts) <= noon + HOUR / 10


def test_a_last_visit_in_the_future_delays_none(noon: dt.datetime) -> None:
    chance = random.Random(1)
    for ahead in (HOUR / 60, 24 * HOUR, 9999 * HOUR):
        assert noon <= first_visit(noon + ahead, HOUR, noon, chance) <= noon + HOUR / 10


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The seconds that it shows."""
        return self.now


def test_sources_are_due_by_the_clock_that_nobody_sets_the_longest_due_first() -> None:
    clock = Clock()
    timetable = Timetable(random.Random(1), clock)
    for source, wait in (("late", 60.0), ("soon", 20.0), ("now", 0.0), ("gone", 0.0)):
        timetable.put(source, wait)
    timetable.remove("gone")
    assert timetable.take() == ["now"]
    clock.now += 60
    assert timetable.take() == ["soon", "late"]
    assert timetable.take() == []


def test_a_source_is_due_an_interval_after_its_visit_began_and_never_at_once() -> None:
    clock = Clock()
    timetable = Timetable(random.Random(1), clock)
    for taken, least, most in ((10.0, 890.0 - 90, 890.0 + 90), (9000.0, 90.0, 90.0)):
        timetable.put_again("acme", 900.0, taken)
        clock.now += least - 1
        assert timetable.take() == []
        clock.now += most - least + 2
        assert timetable.take() == ["acme"]


def test_whoever_waits_hears_of_a_source_that_is_put_down_meanwhile() -> None:
    timetable = Timetable(random.Random(1), Clock())

    async def work() -> None:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            waiting = group.create_task(timetable.wait())
            await asyncio.sleep(0)
            timetable.put("acme", 9999.0)
            await waiting

    asyncio.run(work())
    assert timetable.take() == []
