"""Telling a person at a terminal what is being done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from spiders.discovery.fetcher import StatusReporter


@contextmanager
def status_line() -> Iterator[StatusReporter]:
    """Say on a terminal what is being done; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield lambda text: status.update(Text(text))
