"""A bar for work that counts its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from scheduler.cli import printable


@contextmanager
def steps_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """What to tell how much of how much is done: it draws a bar where standard error is a terminal.

    In a pipe it says nothing.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield nothing
        return
    with Progress(console=console) as bars:
        task = bars.add_task(escape(printable(name)), total=None)
        yield lambda done, whole: bars.update(task, completed=done, total=whole)


def nothing(done: int, whole: int) -> None:
    """Say nothing."""
    del done, whole
