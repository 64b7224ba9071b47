"""When a source is best visited, where its intensity is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.planning.intensity import WEEK_MINUTES
from scheduler.planning.visit_times import (
    MAX_VISIT_FACTOR,
    Intervals,
    Plan,
    plan,
    planned_visits,
    price_of,
    prices_of,
)
from tests.examples import examples

QUARTER = Intervals(15, 2)
EVEN = np.full(WEEK_MINUTES, 1 / 600)
NOON = 12 * 60


def peaked(minute: int, many: float = 0.7) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A source that publishes at any time, and mostly at one minute of each day."""
    intensity = np.full(WEEK_MINUTES, 1 / 2000)
    intensity[minute :: 24 * 60] = many
    return intensity


def times(made: Plan) -> list[float]:
    """The visits of a plan, the first at its start."""
    visits = [made.start]
    while visits[-1] < made.end:
        visits.append(made.after(visits[-1]))
    return visits


def test_an_even_source_is_visited_evenly_within_its_budget() -> None:
    price = price_of([EVEN], QUARTER, WEEK_MINUTES / 15)
    gaps = np.diff(times(plan(EVEN, 0.0, price, QUARTER)))
    assert set(gaps[:-30]) <= {14, 15, 16}
    assert planned_visits(EVEN, price, QUARTER) == pytest.approx(WEEK_MINUTES / 15, rel=0.08)


def test_a_visit_follows_right_after_a_busy_minute() -> None:
    visits = times(plan(peaked(NOON), 0.4, 3.0, QUARTER))
    assert NOON + 1 in visits, "at a whole minute, whenever the plan begins"
    before = max(visit for visit in visits if visit <= NOON)
    assert NOON - before > 5, "it waits for it, for what came before is little"


def test_sources_share_their_budget_and_the_busy_one_gets_more() -> None:
    busy, quiet = peaked(NOON), EVEN / 50
    both = [busy, quiet]
    price = price_of(both, QUARTER, 2 * WEEK_MINUTES / 15)
    made = [planned_visits(one, price, QUARTER) for one in both]
    assert sum(made) == pytest.approx(2 * WEEK_MINUTES / 15, rel=0.1)
    assert made[0] > 2 * made[1]


@pytest.mark.thorough
def test_one_busy_source_does_not_get_all_visits() -> None:
    never = np.full(WEEK_MINUTES, 1e-9)
    sources = {"busy": EVEN} | {f"quiet {number}": never for number in range(20)}
    prices = prices_of(sources, QUARTER)
    assert prices["busy"] > prices["quiet 1"]
    visits = planned_visits(EVEN, prices["busy"], QUARTER)
    assert visits == pytest.approx(MAX_VISIT_FACTOR * WEEK_MINUTES / 15, rel=0.1)
    assert planned_visits(never, prices["quiet 1"], QUARTER) < WEEK_MINUTES / 15


@examples(60)
@given(
    mean=st.floats(2, 2 * 24 * 60),
    price=st.floats(1e-6, 1e6),
    rate=st.floats(0, 10),
    start=st.floats(0, 1e7),
    least=st.floats(0.5, 30),
)
def test_visits_keep_the_minimum_and_maximum_interval(
    mean: float, price: float, rate: float, start: float, least: float
) -> None:
    intervals = Intervals(mean, min(least, mean))
    made = plan(np.full(WEEK_MINUTES, rate), start, price, intervals)
    gaps = np.diff(times(made))
    step = intervals.step
    assert gaps.min() >= intervals.least - step / 2
    assert gaps.max() <= intervals.longest + step
    assert intervals.least <= intervals.mean <= intervals.longest


def test_a_late_or_early_visit_has_a_next_one() -> None:
    made = plan(peaked(NOON), 0.0, 3.0, QUARTER)
    for minute in (made.start - 5, made.end - 0.1, made.end + 600):
        assert made.after(minute) > minute


def test_plans_of_consecutive_days_agree() -> None:
    intensity = peaked(NOON)
    price = price_of([intensity], QUARTER, WEEK_MINUTES / 15)
    visits = times(plan(intensity, 0.0, price, QUARTER))
    later = times(plan(intensity, visits[40], price, QUARTER))
    assert visits[40:60] == later[:20]
