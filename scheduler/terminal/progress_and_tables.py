"""Progress and tables on a terminal: bars and a status line on standard error; tables in output.

In a pipe, no progress is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from scheduler.cli import complain, printable

if TYPE_CHECKING:
    from data.wording import OnStepProgress
    from scheduler.children.crawl_child import OnVisitProgress
    from scheduler.children.crawl_lines import Progress as CrawlProgress
    from spiders.discovery.fetcher import StatusReporter


@contextmanager
def _bars(*columns: ProgressColumn) -> Iterator[Progress | None]:
    """Context manager that yields progress bars, or None if standard error is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(*columns, console=console) as bars:
        yield bars


@contextmanager
def progress_bars() -> Iterator[OnVisitProgress | None]:
    """Context manager that yields a function that draws one progress bar per source.

    If standard error is not a terminal, None is yielded instead.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("pages, {task.fields[new]} new, {task.fields[changed]} changed"),
        TextColumn("{task.fields[reached]}"),
    )
    with _bars(*columns) as bars:
        tasks: dict[str, TaskID] = {}

        def draw(line: CrawlProgress) -> None:
            if bars is None:
                return
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

        yield draw if bars else None


@contextmanager
def step_bars() -> Iterator[OnStepProgress]:
    """Context manager that yields a function that draws one progress bar per step.

    If standard error is not a terminal, the function does nothing.
    """
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def draw(step: str, done: int, whole: int) -> None:
            if bars is None:
                return
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=whole)

        yield draw


@contextmanager
def step_lines() -> Iterator[OnStepProgress]:
    """Context manager that yields a function that draws one progress bar per step.

    If standard error is not a terminal, the function prints a line for each tenth of a step.
    """
    tenths: dict[str, int] = {}

    def write(step: str, done: int, whole: int) -> None:
        tenth = done * 10 // whole if whole else 10
        if tenths.get(step) != tenth:
            tenths[step] = tenth
            complain(f"{step}: {done} of {whole}")

    with step_bars() as draw:
        yield draw if Console(stderr=True).is_terminal else write


@contextmanager
def one_bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """Context manager that yields a function that draws a bar, given the progress and the total.

    If standard error is not a terminal, the function does nothing.
    """
    with _bars() as bars:
        task = bars.add_task(escape(printable(name)), total=None) if bars else None

        def draw(done: int, whole: int | None) -> None:
            if bars and task is not None:
                bars.update(task, completed=done, total=whole)

        yield draw


@contextmanager
def status_line() -> Iterator[StatusReporter]:
    """Context manager that yields a function that shows a status text.

    If standard error is not a terminal, the function does nothing.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield lambda text: status.update(Text(text))


PIPE_COLUMNS: Final = 1000
"""Width of a table in characters if the output is not a terminal, so that no text is cut."""


def print_table(table: Table) -> None:
    """Print a table. On a terminal, it has the width of the terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    console.print(table)
