"""The progress and results of commands that inspect the entries of a catalogue."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.wording import counted
from scheduler.adding.attempts import Attempt, State
from scheduler.cli import print_json, printable, say
from scheduler.terminal.progress import one_bar
from scheduler.terminal.tables import print_table

ADD_RESULTS: Final[tuple[State, ...]] = ("added", "present", "unsure", "failed")
"""Possible results of commands that add entries, in the order of a report."""

CHECK_RESULTS: Final[tuple[State, ...]] = ("found", "unsure", "failed")
"""Possible results of commands that only check entries, in the order of a report."""


@contextmanager
def attempt_lines(count: int, *, quiet: bool) -> Iterator[Callable[[Attempt], None]]:
    """Context manager that yields a function to call with the result of each entry.

    On a terminal, it draws a progress bar; otherwise, it prints a line, unless ``quiet``.
    """
    with one_bar("sites") as draw:
        done = 0
        draw(0, count)
        is_terminal = Console(stderr=True).is_terminal

        def note(attempt: Attempt) -> None:
            nonlocal done
            done += 1
            draw(done, count)
            if not is_terminal and not quiet:
                say(line_of(attempt))

        yield note


def line_of(attempt: Attempt) -> str:
    """Return the result of an entry as a line."""
    start = f"{attempt.entry}: {attempt.state}"
    if attempt.state in {"added", "found"}:
        start += f", {counted(attempt.releases, 'release')} at {attempt.url}"
    return f"{start} ({attempt.reason})" if attempt.reason else start


def report(
    catalogue: str, attempts: Sequence[Attempt], states: Sequence[State], *, as_json: bool
) -> int:
    """Print the results with their counts in ``states``, and return the exit code."""
    counts = Counter(one.state for one in attempts)
    if as_json:
        rows = [attempt_values(one) for one in attempts]
        print_json({"catalogue": catalogue, **{s: counts[s] for s in states}, "entries": rows})
    else:
        table = Table("entry", "result", "reason", box=None)
        for one in sorted(attempts, key=lambda one: states.index(one.state)):
            if one.state in {"unsure", "failed"}:
                table.add_row(*map(Text, (one.entry, one.state, printable(one.reason))))
        if table.row_count:
            print_table(table)
        say(", ".join(f"{counts[state]} {state}" for state in states))
    return 1 if counts["unsure"] or counts["failed"] else 0


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """Return the result of an entry as JSON values."""
    return {
        "id": attempt.entry,
        "state": attempt.state,
        "source": attempt.source or None,
        "url": attempt.url or None,
        "releases": attempt.releases,
        "reason": attempt.reason,
        "at": attempt.at,
    }
