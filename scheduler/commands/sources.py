"""communique sources: list, show and check the source files."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.table import Table

from data.errors import CommuniqueError
from scheduler.cli import as_json, complain, print_json, with_home
from scheduler.home import Home
from spiders.loader import choose, load_sources


@click.group()
def sources() -> None:
    """List, show and check the source files."""


@sources.command("list")
@as_json
@with_home
def list_sources(home: Home, *, as_json: bool) -> int:
    """List all sources: your own, and those that are shipped and can be named."""
    loaded, broken = load_sources(home.sources)
    if as_json:
        print_json(
            {
                "sources": [
                    {
                        "id": one.id,
                        "name": one.file.name,
                        "url": one.file.url,
                        "timezone": one.file.timezone,
                        "own": one.own,
                        "path": str(one.path),
                    }
                    for one in loaded.values()
                ],
                "errors": [str(error) for error in broken],
            }
        )
    else:
        table = Table("id", "name", "url", "file", box=None, pad_edge=False)
        for one in loaded.values():
            table.add_row(one.id, one.file.name, one.file.url, "own" if one.own else "shipped")
        console = Console()
        # A pipe is no terminal of 80 columns: nothing is cut off there.
        console.print(table, width=None if console.is_terminal else 200)
        for error in broken:
            complain(str(error))
    return 2 if broken else 0


@sources.command()
@click.argument("source")
@as_json
@with_home
def show(home: Home, *, source: str, as_json: bool) -> int:
    """Show what a source file says, and the last visits to it."""
    loaded, _ = load_sources(home.sources)
    (one,) = choose(loaded, (source,))
    store = home.store()
    runs = store.runs(one.id, limit=5)
    store.close()
    if as_json:
        print_json(
            {"id": one.id, "path": str(one.path), **msgspec.to_builtins(one.file), "runs": runs}
        )
        return 0
    click.echo(f"# {one.path}")
    click.echo(one.path.read_text("utf-8").rstrip())
    for run in runs:
        click.echo(
            f"# {run.started:%Y-%m-%d %H:%M} UTC: {run.found} found, {run.new} new,"
            f" {run.changed} changed, {len(run.errors)} errors"
        )
    return 0


@sources.command()
@click.argument("source", nargs=-1)
@with_home
def check(home: Home, *, source: tuple[str, ...]) -> int:
    """Check source files: say of each whether it can be used, and if not, what to mend."""
    loaded, broken = load_sources(home.sources)
    errors: list[CommuniqueError] = [
        error
        for error in broken
        if not source or any(f"{one}.toml" in error.path for one in source)
    ]
    known = {error.path.rpartition("/")[2].removesuffix(".toml") for error in broken}
    for one in choose(loaded, tuple(name for name in source if name not in known)) or (
        () if source else loaded.values()
    ):
        click.echo(f"{one.id}: well ({one.path})")
    for error in errors:
        complain(str(error))
    return 2 if errors else 0
