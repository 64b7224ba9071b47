"""communique sources list: all sources, and what became of those that are gone."""

from __future__ import annotations

from contextlib import closing

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.models import RemovedSource, Source
from scheduler.cli import as_json, complain, print_json, with_any_home
from scheduler.home import Home
from spiders.sources.loader import load_sources

PIPE = 1000
"""Columns of a table in a pipe."""


@click.command("list")
@as_json
@with_any_home
def list_(home: Home, *, as_json: bool) -> int:
    """List all sources: your own, those that are shipped and can be named, and the removed ones."""
    loaded, broken = load_sources(home.sources)
    gone = removed_sources(home)
    if as_json:
        print_json(
            {
                "sources": [
                    {
                        "id": one.id,
                        "name": one.file.name,
                        "url": one.source.url,
                        "timezone": one.file.timezone,
                        "own": one.own,
                        "path": str(one.path),
                    }
                    for one in loaded.values()
                ],
                "removed": [
                    {"id": one.id, "name": one.name, "at": removed.at, "kept": removed.kept}
                    for one, removed in gone
                ],
                "errors": [str(error) for error in broken],
            }
        )
    else:
        table = Table("id", "name", "url", "file", box=None, pad_edge=False)
        for one in loaded.values():
            # Text, not markup: what brackets hold in a name is no style.
            cells = (one.id, one.file.name, one.source.url, "own" if one.own else "shipped")
            table.add_row(*map(Text, cells))
        for source, removed in gone:
            state = f"removed on {removed.at:%Y-%m-%d}{', kept' if removed.kept else ''}"
            table.add_row(*map(Text, (source.id, source.name, source.url, state)))
        console = Console()
        if not console.is_terminal:
            # A pipe is no terminal of 80 columns: nothing is cut off there.
            console = Console(width=PIPE)
        console.print(table)
        for error in broken:
            complain(str(error))
    return 2 if broken else 0


def removed_sources(home: Home) -> list[tuple[Source, RemovedSource]]:
    """The sources of a HOME that are collected no more."""
    if not home.has_store:
        return []
    with closing(home.plain_store()) as store:
        known = store.sources()
        return [(known[name], one) for name, one in store.removed_sources().items()]
