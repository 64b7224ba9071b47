"""Measure how soon silence is reported, and how often falsely, compared with other rules.

    python benchmarks/silence.py [--data FOLDER] [--curve] [--splits N]

FOLDER contains CSV files of real publication days: ``source,date``, or ``published,section``, in
which each section is a source. Each file is a separate HOME, with all sources in one country.

Silence is simulated at every possible time: a source stops at the end of a day of its history, each
day once, except in the last 45 days, after which too little is known about the other sources. All
later releases of this source are removed from the input of the rules; the other sources continue.
The delay is the time from its last release to the alarm, in mean gaps of the source. A gap is the
number of days between two days with a release. An alarm of a day is raised at the end of the day,
if it had no release.

A false alarm is an alarm on the unbroken history before the next release, which also ends the
alarm. There is at most one per gap. Rates are per year of the sources that were watched.

A source is judged from its 21st day of publication. Rules that learn only from the days before are
also judged separately from the 5th to the 20th day. Only the rules tuned in hindsight know the
whole history of a source.

The other rules are: N days for all; N days for each source, tuned in hindsight; the mean gap plus 2
standard deviations (Media Cloud), and plus as many as give the same number of false alarms;
phi-accrual with exponential gaps (Hayashibara et al. 2004; with normal gaps, it is the rule of
deviations); CUSUM of exponential gaps (Lucas 1985), for a rate that halved. All rules with a
threshold get the threshold that gives as many false alarms as our rule on the same data: they are
tuned in hindsight, our rule is not. So are the N days of each source: they begin at its longest
gap, which gives no false alarm. Then those are lowered first that win the most delay per false
alarm, until there are as many false alarms as with our rule.

``--curve`` prints all rules for different numbers of false alarms. ``--splits`` tunes the threshold
on half of the sources, for at most 0.8 false alarms per year, and judges it on the other half,
compared with the N days tuned in hindsight on that half.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import math
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from data.health.activity import Activity
from data.health.rhythm import MAX_FALSE_ALARMS, days_of_year, learn_rhythm
from data.health.silence import waiting
from data.models import Rhythm

BESIDE = Path(__file__).resolve().parents[2] / "shared/corpora/dev/rhythm"
YOUNG, SETTLED = 5, 21
"""Days of publication from which on a source is judged as young, and as settled."""

TAIL = 45
"""Days at the end in which no source stops."""

HORIZON = 150
"""Days after which a rule has told silence, or it counts as told then."""

TARGET = 0.8
"""False alarms a year for which a half of the sources is tuned."""

CURVE = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""False alarms a year at which rules are compared."""

SPLIT = 20
"""Sources above which a file is split."""

COUNTRY: Final = "US"
Days = Sequence[int]
Scores = NDArray[np.float64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rule = Callable[[float], Numbers]


@dataclass(frozen=True)
class Figures:
    """What a rule does."""

    false_alarms_per_source_year: float
    median_delay_gaps: float
    p90_delay_gaps: float
    mean_delay_gaps: float


@dataclass(frozen=True)
class Gaps:
    """All gaps of some sources: the day before each and the one after it, and its source."""

    source: NDArray[np.int64]
    number: NDArray[np.int64]
    last: NDArray[np.int64]
    next: NDArray[np.int64]
    mean: Numbers
    end: NDArray[np.int64]

    def of(self, mask: Mask) -> Gaps:
        """Some of them."""
        return Gaps(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    @property
    def years(self) -> float:
        """How long the sources were watched."""
        return float((self.next - self.last).sum() / 365.25)

    def false_alarms(self, waits: Numbers) -> int:
        """How many alarms came before the next release, by how many days each was waited for."""
        return int((self.last + waits < self.next).sum())

    def judged(self, waits: Numbers) -> Figures:
        """What a rule does that waits so many days in each gap."""
        stops = np.clip(np.minimum(self.next, self.end - TAIL) - self.last, 0, None)
        delays = waits / self.mean
        order = np.argsort(delays, kind="stable")
        passed = np.cumsum(stops[order])

        def share(of: float) -> float:
            return float(delays[order][np.searchsorted(passed, of * passed[-1])])

        mean = float((delays * stops).sum() / stops.sum())
        return Figures(self.false_alarms(waits) / self.years, share(0.5), share(0.9), mean)


def read(path: Path) -> dict[str, Days]:
    """The days of publication of each source of a file, as ordinals."""
    found: dict[str, set[int]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            source = row.get("source") or row["section"]
            found[source].add(
                dt.date.fromisoformat((row.get("date") or row["published"])[:10]).toordinal()
            )
    return {name: sorted(days) for name, days in sorted(found.items())}


def gaps_of(sources: Sequence[Days]) -> Gaps:
    """All gaps of sources that are ever judged."""
    end = max(days[-1] for days in sources)
    rows = [
        (source, number, last, then, (days[-1] - days[0]) / (len(days) - 1), end)
        for source, days in enumerate(sources)
        for number, (last, then) in enumerate(pairwise(days), 1)
        if number >= YOUNG
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Gaps(*columns)


def our_scores(sources: Sequence[Days]) -> Scores:
    """The false alarms a year at which ours would tell silence, after each day of each gap."""
    start, end = min(days[0] for days in sources), max(days[-1] for days in sources)
    published = [0] * (end - start + 1)
    known = [0] * (end - start + 1)
    for days in sources:
        for day in days:
            published[day - start] += 1
        for day in range(days[0] + 1, end + 1):
            known[day - start] += 1
    rows = []
    for days in sources:
        # The world in which this source has stopped: its days come back one by one.
        seen = list(published)
        for day in days:
            seen[day - start] -= 1
        for number, last in enumerate(days[:-1], 1):
            seen[last - start] += 1
            if number >= YOUNG:
                activity = Activity(COUNTRY, start, seen, known)
                rhythm = learn_rhythm(map(dt.date.fromordinal, days[:number]), activity)
                if rhythm is None:
                    raise ValueError("a source of five days has no rhythm")
                rows.append(scores_after(rhythm, activity, min(end, last + HORIZON)))
    return np.minimum.accumulate(np.array(rows), axis=1)


def scores_after(rhythm: Rhythm, activity: Activity, until: int) -> list[float]:
    """The same, after each day of one gap."""
    last, waits = rhythm.last.toordinal(), days_of_year(rhythm.hazards)
    found = [math.inf] * HORIZON
    for day, _, wait in waiting(rhythm, activity, until + 1):
        if day > until:
            break
        found[day - last - 1] = wait.chance * waits
    return found


def by_ours(gaps: Gaps, scores: Scores) -> Rule:
    """Ours, by the years between false alarms; where the data end before, longer than they last."""
    unknown = np.minimum(HORIZON, gaps.end - gaps.last) + 5

    def waits(threshold: float) -> Numbers:
        told = scores <= 1 / threshold
        return np.asarray(np.where(told.any(1), told.argmax(1) + 1, unknown), float)

    return waits


# The rules beside ours: the days that each waits in each gap, by a threshold.


def by_fixed_days(sources: Sequence[Days]) -> Rule:
    """The same N days for all."""
    count = len(gaps_of(sources).last)
    return lambda threshold: np.full(count, math.ceil(threshold))


def by_deviations(sources: Sequence[Days]) -> Rule:
    """The mean of the gaps before, and some standard deviations."""
    mean, deviation = (
        of_gaps_before(sources, one) for one in (statistics.fmean, statistics.pstdev)
    )
    return lambda threshold: np.floor(mean + threshold * deviation) + 1


def by_phi(sources: Sequence[Days]) -> Rule:
    """Phi-accrual: -log10 of the chance of a longer gap, where they are exponential."""
    mean = of_gaps_before(sources, statistics.fmean)
    return lambda threshold: np.floor(mean * threshold * math.log(10)) + 1


def by_cusum(sources: Sequence[Days]) -> Rule:
    """The sum of how much longer than expected gaps were, never below 0, with this one."""
    allowance = 2 * math.log(2)

    def waits(threshold: float) -> Numbers:
        found = []
        for days in sources:
            gaps: list[int] = []
            total = mean = 0.0
            for number, (last, then) in enumerate(pairwise(days), 1):
                if number >= YOUNG:
                    left = mean * (threshold + allowance - total)
                    found.append(max(math.floor(left) + 1, 1))
                gaps.append(then - last)
                if mean:
                    total = max(0.0, total + gaps[-1] / mean - allowance)
                    total = 0.0 if total > threshold else total
                mean = statistics.fmean(gaps)
        return np.array(found, float)

    return waits


def of_gaps_before(sources: Sequence[Days], figure: Callable[[Sequence[int]], float]) -> Numbers:
    """A figure of the gaps before each gap that is judged."""
    return np.array(
        [
            figure([later - day for day, later in pairwise(days[:number])])
            for days in sources
            for number in range(YOUNG, len(days))
        ]
    )


def tuned(gaps: Gaps, rule: Rule, mask: Mask, rate: float) -> tuple[float, Figures]:
    """The lowest threshold of a rule that makes at most so many false alarms, and what it does."""
    some = gaps.of(mask)
    low, high = 0.0, 500.0
    for _ in range(40):
        middle = (low + high) / 2
        if some.false_alarms(rule(middle)[mask]) <= rate * some.years + 1e-6:
            high = middle
        else:
            low = middle
    return high, some.judged(rule(high)[mask])


def in_hindsight(gaps: Gaps, rate: float) -> Numbers:
    """N days for each source: all make so many false alarms, and wait as little as can be."""
    longest = {
        source: np.sort((gaps.next - gaps.last)[gaps.source == source])[::-1]
        for source in np.unique(gaps.source)
    }
    mean = {source: gaps.mean[gaps.source == source][0] for source in longest}
    allowed = dict.fromkeys(longest, 0)
    left = int(rate * gaps.years + 1e-6)
    while left:
        offers = [
            (
                (waits[allowed[source]] - waits[more]) / mean[source] / (more - allowed[source]),
                source,
                more,
            )
            for source, waits in longest.items()
            for more in range(allowed[source] + 1, min(allowed[source] + left + 1, len(waits)))
        ]
        if not offers:
            break
        _, source, more = max(offers)
        left -= more - allowed[source]
        allowed[source] = more
    return np.array([longest[source][allowed[source]] for source in gaps.source], float)


def compare(
    sources: Sequence[Days], *, curve: bool, splits: int, console: Console
) -> dict[str, object]:
    """All figures of a file, printed, and as JSON has them."""
    gaps = gaps_of(sources)
    ours = by_ours(gaps, our_scores(sources))
    rules = {
        "fixed_days": by_fixed_days(sources),
        "deviations": by_deviations(sources),
        "phi_accrual": by_phi(sources),
        "cusum": by_cusum(sources),
    }
    settled = gaps.number >= SETTLED
    found: dict[str, object] = {"sources": len(sources)}
    for name, mask in (("settled", settled), ("young", ~settled)):
        some = gaps.of(mask)
        figures = some.judged(ours(1 / MAX_FALSE_ALARMS)[mask])
        rate = figures.false_alarms_per_source_year
        rows = {"communique": figures, "hindsight": some.judged(in_hindsight(some, rate))}
        rows["two_sigma"] = some.judged(rules["deviations"](2.0)[mask])
        rows |= {rule: tuned(gaps, by, mask, rate)[1] for rule, by in rules.items()}
        show(f"{name}, {some.years:.0f} source-years", rows, console)
        told = {rule: rounded(one) for rule, one in rows.items()}
        found |= told.pop("communique") | told if name == "settled" else {name: told}
        if name == "settled":
            found["hindsight_median_delay_gaps"] = told["hindsight"]["median_delay_gaps"]
    for rate in CURVE if curve else ():
        some = gaps.of(settled)
        rows = {"communique": tuned(gaps, ours, settled, rate)[1]}
        rows["hindsight"] = some.judged(in_hindsight(some, rate))
        rows |= {rule: tuned(gaps, by, settled, rate)[1] for rule, by in rules.items()}
        show(f"at {rate} false alarms a source-year", rows, console)
    if splits:
        found["cross_validation"] = cross_validated(gaps, ours, splits, console)
    return found


def cross_validated(gaps: Gaps, ours: Rule, splits: int, console: Console) -> dict[str, float]:
    """What the threshold that was tuned on half of the sources does on the other half: means."""
    chance = random.Random(2004)  # noqa: S311 - which halves
    names = np.unique(gaps.source).tolist()
    settled = gaps.number >= SETTLED
    rows = []
    for _ in range(splits):
        half = np.isin(gaps.source, chance.sample(names, len(names) // 2))
        threshold, _ = tuned(gaps, ours, settled & half, TARGET)
        some = gaps.of(settled & ~half)
        figures = some.judged(ours(threshold)[settled & ~half])
        beside = some.judged(in_hindsight(some, figures.false_alarms_per_source_year))
        rows.append(
            {
                "false_alarms_per_source_year": figures.false_alarms_per_source_year,
                "median_delay_gaps": figures.median_delay_gaps,
                "hindsight_median_delay_gaps": beside.median_delay_gaps,
                "ratio": figures.median_delay_gaps / beside.median_delay_gaps,
                "threshold": 1 / threshold,
            }
        )
    means = {name: round(statistics.fmean(row[name] for row in rows), 3) for name in rows[0]}
    means["ratio_deviation"] = round(statistics.pstdev(row["ratio"] for row in rows), 3)
    console.print(f"{splits} splits, tuned on one half, judged on the other:", means)
    return means


def rounded(figures: Figures) -> dict[str, float]:
    """The figures as JSON has them."""
    return {name: round(value, 3) for name, value in asdict(figures).items()}


def show(title: str, rows: dict[str, Figures], console: Console) -> None:
    """Print rules beside each other."""
    table = Table(title=title, title_justify="left")
    for column in ("rule", "false alarms", "median delay", "p90", "mean"):
        table.add_column(column, justify="left" if column == "rule" else "right")
    for rule, one in rows.items():
        table.add_row(rule, *(f"{value:.2f}" for value in asdict(one).values()))
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, and last a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=BESIDE)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--splits", type=int, default=20)
    given = parser.parse_args(arguments)
    console = Console()
    files = sorted(given.data.glob("*.csv"))
    if not files:
        reason = f"no CSV files of days of publication in {given.data}"
        console.print(f"skipped: {reason}")
        print(json.dumps({"skipped": reason}))
        return 0
    found = {}
    for path in files:
        sources = [days for days in read(path).values() if len(days) > YOUNG]
        console.print(f"[bold]{path.name}[/bold], {len(sources)} sources")
        found[path.stem] = compare(
            sources,
            curve=given.curve,
            splits=given.splits if len(sources) > SPLIT else 0,
            console=console,
        )
    # The file of the most sources is what the others are read beside.
    main_file = max(found, key=lambda name: int(str(found[name]["sources"])))
    print(json.dumps({**found.pop(main_file), "file": main_file, "beside": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
