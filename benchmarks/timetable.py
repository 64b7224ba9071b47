"""Measure how soon releases are found with a learned timetable, compared with other rules.

    python benchmarks/timetable.py [--data FOLDER] [--interval SECONDS]

FOLDER contains whitehouse.csv (`published,section`, to the second) and offices.csv (`source,date`).
Each section is a source with its own listing. All share one budget of visits, as sources without an
interval do. Then all sections are treated as one source. All rules know the releases of the first
eight weeks, and afterwards only the releases that they found. All rules make as many visits as ours
(within 0.2 %): fixed polling by its interval (at twenty phases), the others by a factor. If a rule
can't make as many visits, it is reported with the closest number and not compared. If only days are
known, a release is published at a random time of its day, so only weekdays and sources can be
learned. Each source is then visited once a day on average, and delays are in days.

Times are in the time zones of the sources, as in the files. The last line is a JSON object: ratios
of our results to those of the other rules with sections as sources, and all figures.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.timetable_parts.baselines import (
    Greedy,
    Miniflux,
    SiaCho,
    fixed,
    greedy_at_a_constant_rate,
)
from benchmarks.timetable_parts.simulation import (
    WEEK,
    CannotMakeAsMany,
    Minutes,
    Rule,
    Stage,
    Visits,
    as_many,
    count_of,
    delays_of,
    visits_by,
)
from scheduler.planning.intensity import MONDAY, Moments, Profile, counts_of, weekly_intensity
from scheduler.planning.visit_times import Intervals, Plan, plan, prices_of
from scheduler.service.timetable import MAX_SPREAD_SECONDS

DATA = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "dev" / "rhythm"

LEARN = 8 * WEEK
TOO_SHORT = "no release after the first nine weeks and before the last one"
PHASES = 20
LEAST = 2.0
DAY = 24 * 60.0


@dataclass(frozen=True)
class Found:
    """What a rule came to."""

    visits: int
    median: float
    p90: float
    mean: float
    closest: float


@dataclass(frozen=True)
class Unequal:
    """A rule that can't make as many visits as ours: ``visits`` come closest."""

    visits: int


Compared = Mapping[str, Found | Unequal]


class Learned:
    """Our timetable, as the service has it: the plan of a day, learned anew each week."""

    def __init__(self, interval: float) -> None:
        self._intervals = Intervals(interval, LEAST)
        self._intensities: dict[str, Profile] = {}
        self._plans: dict[str, Plan] = {}
        self._prices: dict[str, float] = {}
        self._chance = random.Random(1)  # noqa: S311 - the same visits in each run, no secret

    def learn(self, now: float, known: Mapping[str, Minutes]) -> None:
        """Learn the intensities of all sources, and the price of a visit."""
        moments = {one: Moments(times, np.ones(len(times))) for one, times in known.items()}
        counts = {one: counts_of(those, now) for one, those in moments.items()}
        whole = np.sum(list(counts.values()), axis=0)
        self._intensities = {
            one: weekly_intensity(those, now, whole - counts[one]) for one, those in moments.items()
        }
        self._prices = prices_of(self._intensities, self._intervals)
        self._plans = {}

    def after(self, source: str, now: float, known: Minutes) -> float:
        """The next visit of the plan, which is made anew each day."""
        del known
        if source not in self._plans or now >= self._plans[source].end:
            intensity = self._intensities[source]
            self._plans[source] = plan(intensity, now, self._prices[source], self._intervals)
        return self._plans[source].after(now) + self._chance.uniform(0, MAX_SPREAD_SECONDS / 60)


def compare(stage: Stage, interval: float) -> dict[str, Found | Unequal]:
    """What each rule comes to at as many visits as ours."""
    ours = visits_by(Learned(interval), stage, interval)
    wanted = count_of(ours)
    span = stage.last - stage.first
    even = span * len(stage.published) / wanted
    daily = wanted / span * DAY
    longest = max(DAY, 7 * interval)
    releases = sum(len(times[times >= stage.first]) for times in stage.published.values())
    rules: dict[str, tuple[Callable[[float], Rule], float]] = {
        "Miniflux": (lambda knob: Miniflux(knob, longest), 10.0),
        "Sia and Cho": (SiaCho, daily),
        "greedy": (Greedy, wanted / max(1, releases)),
    }
    compared: dict[str, Found | Unequal] = {
        "learned": found([ours], stage),
        "fixed": found(
            [fixed(stage, even, (number + 0.5) / PHASES) for number in range(PHASES)], stage
        ),
    }
    for name, (rule, knob) in rules.items():
        compared[name] = at_as_many(rule, stage, interval, wanted, knob)
    compared["greedy, even"] = found([greedy_at_a_constant_rate(stage, wanted)], stage)
    return compared


def at_as_many(
    rule: Callable[[float], Rule], stage: Stage, interval: float, wanted: int, knob: float
) -> Found | Unequal:
    """What a rule comes to at as many visits as are wanted, if it can make as many."""
    try:
        visits = as_many(lambda turned: visits_by(rule(turned), stage, interval), wanted, knob)
    except CannotMakeAsMany as error:
        return Unequal(error.closest)
    return found([visits], stage)


def found(runs: list[Visits], stage: Stage) -> Found:
    """What one rule came to in several runs."""
    delays = np.concatenate([delays_of(visits, stage) for visits in runs])
    closest = min(
        (float(np.diff(times).min()) for run in runs for times in run.values() if len(times) > 1),
        default=0.0,
    )
    median, p90 = np.quantile(delays, [0.5, 0.9])
    return Found(count_of(runs[0]), float(median), float(p90), float(delays.mean()), closest)


def minute(text: str) -> float:
    """The minutes since MONDAY of a time, on the clock that it states."""
    return (dt.datetime.fromisoformat(text).replace(tzinfo=None) - MONDAY).total_seconds() / 60


def stage_of(published: Mapping[str, list[float]]) -> Stage:
    """Sources that are visited once eight weeks are known."""
    every = [at for times in published.values() for at in times]
    first = min(every) // WEEK * WEEK + WEEK + LEARN
    sources = {source: np.sort(np.array(times)) for source, times in sorted(published.items())}
    return Stage(sources, first, max(every) // DAY * DAY)


def read_seconds(path: Path) -> dict[str, list[float]]:
    """The releases of each section."""
    sections: dict[str, list[float]] = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            sections.setdefault(row["section"], []).append(minute(row["published"]))
    return sections


def read_days(path: Path) -> dict[str, list[float]]:
    """The releases of each office, at random times of their days."""
    chance = random.Random(1)  # noqa: S311 - the same times in each run, no secret
    offices: dict[str, list[float]] = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            at = minute(row["date"]) + DAY * chance.random()
            offices.setdefault(row["source"], []).append(at)
    return offices


def tell(title: str, compared: Compared, unit: str, minutes: float) -> None:
    """Print what the rules came to."""
    print(
        f"{title}\n  {'':14}{'visits':>9}{'median':>10}{'p90':>10}{'mean':>10}  {unit}", flush=True
    )
    for rule, one in compared.items():
        if isinstance(one, Unequal):
            print(f"  {rule:14}{one.visits:9,}  are the closest: it can't make as many visits")
            continue
        times = "".join(f"{value / minutes:10.2f}" for value in (one.median, one.p90, one.mean))
        print(f"  {rule:14}{one.visits:9,}{times}  closest {one.closest * 60:,.0f} s")


def ratios(compared: Compared) -> dict[str, float]:
    """Ours to theirs, of rules that make as many visits.

    Of the two ways to use greedy, to that with the smaller median.
    """
    equal = {rule: one for rule, one in compared.items() if isinstance(one, Found)}
    greedy = [equal[rule] for rule in ("greedy", "greedy, even") if rule in equal]
    others = {
        "fixed": equal.get("fixed"),
        "miniflux": equal.get("Miniflux"),
        "sia_cho": equal.get("Sia and Cho"),
        "greedy": min(greedy, key=lambda one: one.median, default=None),
    }
    ours = equal["learned"]
    return {
        f"{name}_to_{other}": round(getattr(ours, name) / getattr(one, name), 4)
        for other, one in others.items()
        for name in ("median", "p90", "mean")
        if one and getattr(one, name)
    }


def absolute(compared: Compared, unit: str, minutes: float) -> dict[str, object]:
    """The figures themselves; ``as_many`` is false for a rule that can't make as many visits."""
    return {
        rule: {"visits": one.visits, "as_many": False}
        if isinstance(one, Unequal)
        else {
            "visits": one.visits,
            **{
                f"{name}_{unit}": round(getattr(one, name) / minutes, 3)
                for name in ("median", "p90", "mean")
            },
        }
        for rule, one in compared.items()
    }


def main() -> None:
    """Compare the rules on each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--interval", type=float, default=900.0)
    options = parser.parse_args()
    seconds, days = options.data / "whitehouse.csv", options.data / "offices.csv"
    if not seconds.is_file():
        print(json.dumps({"skipped": f"no file {seconds}"}))
        return
    started = time.process_time()
    interval = options.interval / 60
    sections = read_seconds(seconds)
    shared = stage_of(sections)
    one = stage_of({"all": [at for times in sections.values() for at in times]})
    stages = {
        "sections": (shared, interval, "seconds", 1 / 60),
        "one_source": (one, interval, "seconds", 1 / 60),
    }
    if days.is_file():
        stages["offices"] = (stage_of(read_days(days)), DAY, "days", DAY)
    told: dict[str, object] = {}
    for name, (stage, mean, unit, minutes) in stages.items():
        count = len(stage.published)
        if stage.asked == 0:
            told[name] = {"sources": count, "skipped": TOO_SHORT}
            print(f"{name}: {count} sources: {TOO_SHORT}")
            continue
        compared = compare(stage, mean)
        budget = stage.budget(mean)
        title = f"{name}: {count} sources, one visit in {mean * 60:,.0f} s: {budget:,} visits"
        tell(title, compared, unit, minutes)
        if name == "sections":
            told |= ratios(compared)
        told[name] = {
            "sources": count,
            "budget": budget,
            **ratios(compared),
            **absolute(compared, unit, minutes),
        }
    print(f"{time.process_time() - started:.0f} s of a processor")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
