"""How right real content management systems are read by who names an address and a time zone.

    python benchmarks/systems.py [--list] [NAME …] [--jobs 2] [--serve NAME]

Every variant (system, theme, surroundings, feeds on or blocked) holds 45 invented posts of three
years. It is added, collected and exported as a newcomer would, and compared with what the system's
own database or files hold. A NAME selects the variants that begin with it. ``--serve`` serves one
variant until Enter is pressed. The last line is JSON: ``variants``, ``right``,
``history_complete``, ``life_steps``, ``life_right``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.systems.catalogue import SYSTEMS, variants
from tests.systems.outcome import Outcome, outcome
from tests.systems.processes import Absent
from tests.systems.site import System, Variant


def main() -> None:
    """List, serve, or run and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME")
    options.add_argument("--list", action="store_true")
    options.add_argument("--serve", action="store_true")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    chosen = tuple(
        v for v in variants() if not given.names or v.name.startswith(tuple(given.names))
    )
    if given.list:
        print("\n".join(variant.name for variant in chosen))
    elif given.serve:
        serve(chosen[0])
    else:
        tell(run(chosen, given.jobs))


def serve(variant: Variant) -> None:
    """Serve one variant until Enter is pressed."""
    system = next(system for system in SYSTEMS if system.name == variant.system)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with system.start(folder) as running:
            print(f"{variant.name}: {running.show(variant).url} (Enter ends it)", flush=True)
            sys.stdin.readline()


def run(chosen: Sequence[Variant], jobs: int) -> list[Outcome]:
    """What came of all variants, in the order of the list."""
    found: dict[str, Outcome] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for outcomes in pool.map(run_share, *zip(*shares(chosen, jobs), strict=True)):
            found |= {one.variant.name: one for one in outcomes}
    return [found[variant.name] for variant in chosen if variant.name in found]


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
                    print(line(found[-1]), file=sys.stderr, flush=True)
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


def tell(outcomes: Sequence[Outcome]) -> None:
    """Print the table, what is wrong, and the line of JSON."""
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
    sums = {
        "variants": len(outcomes),
        "right": sum(found.right for found in outcomes),
        "history_complete": sum(found.complete for found in outcomes),
    }
    print(json.dumps(sums))


if __name__ == "__main__":
    main()
