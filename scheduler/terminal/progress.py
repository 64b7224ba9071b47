"""What a person sees while a crawl works: a bar on a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from scheduler.children.crawl_child import ProgressReporter
from scheduler.children.crawl_lines import Progress as Line


@contextmanager
def progress_bars() -> Iterator[ProgressReporter | None]:
    """Draw one bar a source on standard error, if that is a terminal; else there is no reporter."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages, {task.fields[new]} new, {task.fields[changed]} changed"),
        TextColumn("{task.fields[reached]}"),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {}

        def draw(line: Line) -> None:
            if line.source not in tasks:
                tasks[line.source] = bars.add_task(line.source, new=0, changed=0, reached="")
            bars.update(
                tasks[line.source],
                completed=line.pages,
                total=line.pages + line.awaited,
                new=line.new,
                changed=line.changed,
                reached=f"back to {line.reached}" if line.reached else "",
            )

        yield draw


@contextmanager
def step_bars() -> Iterator[Callable[[str, int, int], None] | None]:
    """Draw one bar a step on standard error, if that is a terminal; else there is no reporter.

    It is told the name of a step, how much of it is done, and how much there is.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def draw(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=of)

        yield draw
