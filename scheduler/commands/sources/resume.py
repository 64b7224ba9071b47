"""communique sources resume: the end of a pause."""

from __future__ import annotations

import click

from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.sources.handlings import end_handlings


@click.command()
@click.argument("source")
@as_json
@with_home
def resume(home: Home, *, source: str, as_json: bool) -> int:
    """Visit a source again that was paused."""
    ended = end_handlings(home, source, ("paused",))
    if as_json:
        print_json({"source": source, "ended": ended})
    elif ended:
        say(f"{source} is visited again")
    if not ended:
        complain(f"{source} is not paused")
    return 0 if ended else 1
