"""Check that health reports broken sources with the right reason, and no working sources.

    python benchmarks/breakages.py [KIND …] [--few] [--each]

Each of 100 sources breaks after three successful visits, as real sites do. The scripts are in
benchmarks/breakages_parts. A breakage is reported correctly if a health event by the third visit
has the right state and a code that a person would choose. For 100 other histories, of sources that
work, there must be no event. The sources are press rooms of the demo that continue to publish. They
are served on loopback and visited as by the service, with a simulated clock. KIND selects histories
whose kind begins with this text, ``--few`` runs some of each kind, and ``--each`` prints all
results. The last line is a JSON object: ``breakages``, how many of them were ``told`` (reported),
with the ``right_state`` and the ``right_reason``, ``unbroken`` histories, and their
``false_alerts``. The exit code is 1 if more than 3 % of the breakages are reported incorrectly, or
if there is a false alert.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.breakages_parts.broken_contents import broken_contents
from benchmarks.breakages_parts.broken_sites import broken_sites
from benchmarks.breakages_parts.history import History
from benchmarks.breakages_parts.play import Played, play
from benchmarks.breakages_parts.unbroken_histories import unbroken_histories

MOST_WRONG = 0.03
"""Part of the breakages that may be told wrongly, or not at all; else the exit code is 1."""

FEW = 9
"""With --few, one in so many histories is played."""


def main() -> None:
    """Play and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--each", action="store_true", help="tell of each history")
    given = parser.parse_args()
    wanted, step = tuple(given.kinds) or ("",), FEW if given.few else 1
    histories = [
        one
        for one in (*broken_sites(), *broken_contents(), *unbroken_histories())
        if one.kind.startswith(wanted)
    ][::step]
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(play_all(histories, Path(folder)))
    found = tell(played, each=given.each)
    wrong = found["breakages"] - min(found["right_state"], found["right_reason"])
    if wrong > MOST_WRONG * found["breakages"] or found["false_alerts"]:
        sys.exit(1)


async def play_all(histories: Sequence[History], folder: Path) -> list[Played]:
    """Play histories in two HOMEs at the same time.

    Silence is told from what the others of a country do: what falls silent is among those that go
    on.
    """
    homes: dict[str, list[History]] = {"failing": [], "well": []}
    for one in histories:
        fails = one.states and "silent" not in one.states
        homes["failing" if fails else "well"].append(one)
    played = await asyncio.gather(*(play(some, folder / name) for name, some in homes.items()))
    return [one for some in played for one in some]


def tell(played: Sequence[Played], *, each: bool) -> dict[str, int]:
    """Print what was not told right, or all, and the line of JSON; its figures."""
    table = Table("kind", "variant", "room", "state", "code", "reason")
    for one in played:
        if each or not is_right(one):
            table.add_row(*row(one))
    Console(width=160).print(table)
    broken = [one for one in played if one.history.states]
    well = [one for one in played if not one.history.states]
    found = {
        "breakages": len(broken),
        "told": sum(bool(one.alerts) for one in broken),
        "right_state": sum(map(has_right_state, broken)),
        "right_reason": sum(map(has_right_reason, broken)),
        "unbroken": len(well),
        "false_alerts": sum(len(one.alerts) for one in well),
    }
    print(json.dumps(found))
    return found


def is_right(one: Played) -> bool:
    """Whether all was told that is to be, and nothing else."""
    if one.history.states:
        return has_right_state(one) and has_right_reason(one)
    return not one.alerts


def has_right_state(one: Played) -> bool:
    """Whether the first alert is of a state that a person would choose."""
    return bool(one.alerts) and one.alerts[0].state in one.history.states


def has_right_reason(one: Played) -> bool:
    """Whether it gives a reason that a person would."""
    return bool(one.alerts) and one.alerts[0].code in one.history.codes


def row(one: Played) -> tuple[str, ...]:
    """A row of the table; without an alert, what the health of the source is at last."""
    history = one.history
    told = ("not told", f"({one.code})", one.reason)
    if one.alerts:
        alert = one.alerts[0]
        told = (alert.state, alert.code, alert.reason)
    return (history.kind, history.name, history.room, *told)


if __name__ == "__main__":
    main()
