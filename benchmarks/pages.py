"""How many false changes of single pages are reported, and how many true ones are found.

Invented pages are visited many times. Each has noise of several kinds at every visit, and changes
by a script. A reported change is false if it brings no scripted text. A true change is found if its
text is stored before its part changes again, or at the end. Some pages are also visited over HTTP,
to count the same for the stored versions.

    python benchmarks/pages.py [--few] [--pages N] [--visits N] [--seed N]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.pages_parts.invented import InventedPage, Part, invent
from benchmarks.pages_parts.loopback import over_loopback
from data.revisions.noise import NoiseState, settle

START = dt.datetime(2026, 1, 5, 6, 0, tzinfo=dt.UTC)
BETWEEN = dt.timedelta(hours=6, minutes=7)
"""Time between two visits, so that the date is the same at four visits."""

MAX_FALSE = 20
"""Maximum number of false changes in 20,000 visits."""

MIN_FOUND = 0.99
"""Minimum share of true changes that are found."""


class Follower:
    """Follows one invented page, and counts what is reported."""

    def __init__(self, seed: int, visits: int) -> None:
        self.random = Random(seed)  # noqa: S311 - invented data
        self.page: InventedPage = invent(self.random, visits)
        self.known: tuple[str, ...] = ()
        self.state = NoiseState()
        self.false: list[str] = []
        self.scripted: Counter[str] = Counter()
        self.missed: list[str] = []
        self.waits: list[int] = []
        self._awaited: list[tuple[int, Part, list[str], list[str]]] = []

    def visit(self, number: int) -> None:
        """Make a visit: change the page by its script, and compare it."""
        for part in self.page.script.get(number, ()):
            self._change(number, part)
        now = START + number * BETWEEN
        lines = self.page.lines(self.random, number, now)
        if not self.known:
            self.known = tuple(lines)
            return
        settled = settle(self.known, lines, self.state, now.date())
        before = Counter(self.known)
        self.known, self.state = settled.lines, settled.state
        found = [one for one in self._awaited if self._shows(one)]
        for one in found:
            self._awaited.remove(one)
            self.waits.append(number - one[0])
        if settled.accepted and not found:
            new = Counter(self.known) - before
            gone = before - Counter(self.known)
            self.false.append(f"{number}: {[*gone]} -> {[*new]}")

    def _change(self, number: int, part: Part) -> None:
        for one in [one for one in self._awaited if one[1] is part]:
            self._awaited.remove(one)
            if number - one[0] > 1:
                self.missed.append(f"{one[0]}: {part.change} {one[2]} -> {one[3]}")
                self.scripted[part.change] += 1
        old = part.lines
        part.lines = part.renew(self.random, old)
        if part.lines != old:
            self._awaited.append((number, part, old, part.lines))

    def _shows(self, one: tuple[int, Part, list[str], list[str]]) -> bool:
        """Return whether the stored lines show a change: its new lines, and no old ones."""
        _, part, old, new = one
        known = Counter(self.known)
        gone = Counter(old) - Counter(new)
        done = not (Counter(new) - known) and not (gone & known)
        self.scripted[part.change] += done
        return done

    def finish(self) -> None:
        """Count the changes that were never found."""
        for number, part, old, new in self._awaited:
            self.scripted[part.change] += 1
            self.missed.append(f"{number}: {part.change} {old} -> {new}")


def main() -> int:
    """Run the benchmark, print its result as JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true", help="40 pages")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--visits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="seed of the first page")
    parser.add_argument("--verbose", action="store_true", help="print each error")
    options = parser.parse_args()
    pages = 40 if options.few else options.pages
    begun = time.process_time()
    seeds = range(options.seed, options.seed + pages)
    followers = [Follower(seed, options.visits) for seed in seeds]
    for one in followers:
        for number in range(options.visits):
            one.visit(number)
        one.finish()
    seconds = time.process_time() - begun
    false = sum(len(one.false) for one in followers)
    scripted = sum(one.scripted.total() for one in followers)
    missed = sum(len(one.missed) for one in followers)
    waits = sorted(wait for one in followers for wait in one.waits)
    if options.verbose:
        for seed, one in zip(seeds, followers, strict=True):
            for line in one.false:
                print(seed, "false", line)
            for line in one.missed:
                print(seed, "missed", line)
    kinds = {one[0] for each in followers for one in each.page.parts if isinstance(one, tuple)}
    result = {
        "pages": pages,
        "visits": pages * options.visits,
        "noise_kinds": len(kinds),
        "changes": scripted,
        "change_kinds": len({kind for one in followers for kind in one.scripted}),
        "false_changes": false,
        "found": round(1 - missed / scripted, 4),
        "visits_until_found": {"median": median(waits), "p90": waits[len(waits) * 9 // 10]},
        "ms_per_visit": round(1000 * seconds / pages / options.visits, 2),
    }
    few = (2, 38) if options.few else (20, 40)
    result["loopback"] = over_loopback(*few)
    print(json.dumps(result))
    allowed = MAX_FALSE * pages * options.visits / 20_000
    return int(false > allowed or result["found"] < MIN_FOUND)


if __name__ == "__main__":
    sys.exit(main())
