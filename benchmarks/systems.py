"""Measure how well real content management systems are read, given only address and time zone.

    python benchmarks/systems.py [--list] [NAME …] [--jobs 2] [--serve]

Every variant (system, theme, surroundings, feeds on or blocked) has 45 invented posts of three
years. It is added, collected and exported as by a new user, and compared with the system's own
database or files. Then a WordPress site goes through changes, with feeds on and blocked
(``life/feeds``, ``life/blocked``), and each step is checked. A NAME selects the variants that begin
with it. ``--serve`` serves the first selected variant until Enter is pressed. The last line is
JSON: ``variants``, ``right``, ``history_complete``, ``history_honest`` (complete, or not reported
as complete), ``life_steps``, ``life_right``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.systems.catalogue import SYSTEMS, variants
from tests.systems.life import Lived, live
from tests.systems.newcomer import NotDone
from tests.systems.outcome import Outcome, outcome
from tests.systems.processes import Absent
from tests.systems.site import System, Variant
from tests.systems.wordpress import WordPressSystem

FEEDS, BLOCKED = "life/feeds", "life/blocked"
LIVES = (FEEDS, BLOCKED)


def main() -> None:
    """List, serve, or run and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME")
    options.add_argument("--list", action="store_true")
    options.add_argument("--serve", action="store_true")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    wanted = tuple(given.names) or ("",)
    chosen = tuple(variant for variant in variants() if variant.name.startswith(wanted))
    lives = tuple(name for name in LIVES if name.startswith(wanted))
    if given.list:
        print("\n".join((*(variant.name for variant in chosen), *lives)))
    elif given.serve:
        serve(chosen[0])
    else:
        tell(*run(chosen, lives, given.jobs))


def serve(variant: Variant) -> None:
    """Serve one variant until Enter is pressed."""
    system = next(system for system in SYSTEMS if system.name == variant.system)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with system.start(folder) as running:
            print(f"{variant.name}: {running.show(variant).url} (Enter ends it)", flush=True)
            sys.stdin.readline()


def run(
    chosen: Sequence[Variant], lives: Sequence[str], jobs: int
) -> tuple[list[Outcome], dict[str, list[Lived]]]:
    """What came of all variants, in the order of the list, and the steps of the lives."""
    found: dict[str, Outcome] = {}
    with ThreadPoolExecutor(jobs) as pool:
        # The longest work first, so that all jobs end together.
        lived = [pool.submit(run_life, name) for name in lives]
        shared = [pool.submit(run_share, *share) for share in shares(chosen, jobs)]
        for share in shared:
            found |= {one.variant.name: one for one in share.result()}
        steps = {name: future.result() for name, future in zip(lives, lived, strict=True)}
    return [found[variant.name] for variant in chosen if variant.name in found], steps


def run_life(name: str) -> list[Lived]:
    """Let a WordPress site live, with feeds on or blocked."""
    lived: list[Lived] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            with WordPressSystem().start(Path(folder)) as site:
                for step in live(site, Path(folder) / "home", feeds=name == FEEDS):
                    lived.append(step)
                    print(step_line(name, step), *step.wrong, sep="\n  ", file=sys.stderr)
        except (Absent, NotDone) as error:
            print(f"{name}: ended early, since {error}", file=sys.stderr, flush=True)
    return lived


def step_line(name: str, step: Lived) -> str:
    """A row of the table of a life."""
    return f"{name + ' ' + step.name:<52} {'right' if step.right else 'WRONG'}"


def shares(chosen: Sequence[Variant], jobs: int) -> list[tuple[System, Sequence[Variant]]]:
    """Each system's variants, in as many shares as there are jobs."""
    made: list[tuple[System, Sequence[Variant]]] = []
    for system in SYSTEMS:
        own = [variant for variant in chosen if variant.system == system.name]
        made += [(system, own[first::jobs]) for first in range(min(jobs, len(own)))]
    return made


def run_share(system: System, own: Sequence[Variant]) -> list[Outcome]:
    """Start a system once, and run variants of it."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with system.start(folder) as running:
                for number, variant in enumerate(own):
                    site = running.show(variant)
                    found.append(outcome(variant, site, folder / f"home-{number}"))
                    print(line(found[-1]), *found[-1].reasons(), sep="\n  ", file=sys.stderr)
        except Absent as error:
            print(f"{system.name}: left out, since {error}", file=sys.stderr, flush=True)
    return found


def line(found: Outcome) -> str:
    """A row of the table."""
    verdict = found.verdict
    return (
        f"{found.variant.name:<52} {'right' if found.right else 'WRONG':<6}"
        f" {verdict.recall:6.2f} {verdict.precision:9.2f} {len(verdict.titles):6}"
        f" {len(verdict.days):4} {len(verdict.bodies):6} {found.seconds:7.1f}"
    )


def tell(outcomes: Sequence[Outcome], lives: Mapping[str, Sequence[Lived]]) -> None:
    """Print the tables, what is wrong, and the line of JSON."""
    head = ("variant", "", "recall", "precision", "titles", "days", "bodies", "seconds")
    print("{:<52} {:<6} {} {} {} {} {} {}".format(*head))
    for found in outcomes:
        print(line(found))
    for found in outcomes:
        if not found.right:
            print(f"\n{found.variant.name}")
            for reason in found.reasons():
                print(f"  {reason}")
            print("".join(f"  | {row}\n" for row in found.source.splitlines()), end="")
    for name, steps in lives.items():
        for step in steps:
            print(step_line(name, step))
            for wrong in step.wrong:
                print(f"  {wrong}")
    lived = [step for steps in lives.values() for step in steps]
    sums = {
        "variants": len(outcomes),
        "right": sum(found.right for found in outcomes),
        "history_complete": sum(found.complete for found in outcomes),
        "history_honest": sum(found.honest for found in outcomes),
        "life_steps": len(lived),
        "life_right": sum(step.right for step in lived),
    }
    print(json.dumps(sums))


if __name__ == "__main__":
    main()
