"""communique sources list, pause, resume, rename and remove.

The list includes removed sources and sources without a file.
"""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from data.models import RemovedSource, Source
from data.wording import counted
from scheduler.cli import (
    answer,
    complain,
    print_json,
    wants_json,
    with_any_home,
    with_home,
)
from scheduler.home.home import Home
from scheduler.sources import handlings
from scheduler.sources.handlings import end_handlings, handling_line
from scheduler.sources.rename_and_removal import (
    SourceRemoval,
    SourceRename,
    note_for_fleet,
    remove_source,
    rename_source,
)
from scheduler.terminal.progress_and_tables import print_table
from spiders.sources.source_file import load_sources


@click.command("list")
@with_any_home
def list_(home: Home) -> int:
    """List all sources: your own, bundled, imported and removed ones."""
    loaded, broken = load_sources(home.sources)
    files = {*loaded, *(Path(one.path).stem for one in broken)}
    gone, fileless = stored_sources(home, files)
    if wants_json():
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
                "without_file": [
                    {"id": one.id, "name": one.name, "url": one.url, "imported": imported}
                    for one, imported in fileless
                ],
                "errors": [str(error) for error in broken],
            }
        )
    else:
        table = Table("id", "name", "url", "file", box=None, pad_edge=False)
        for one in loaded.values():
            # Print text without markup, because names may contain brackets.
            cells = (one.id, one.file.name, one.source.url, "own" if one.own else "bundled")
            table.add_row(*map(Text, cells))
        for source, imported in fileless:
            state = "imported, no file" if imported else "no file"
            table.add_row(*map(Text, (source.id, source.name, source.url, state)))
        for source, removed in gone:
            state = f"removed on {removed.at:%Y-%m-%d}{', kept' if removed.kept else ''}"
            table.add_row(*map(Text, (source.id, source.name, source.url, state)))
        print_table(table)
        for error in broken:
            complain(str(error))
    return 2 if broken else 0


def stored_sources(
    home: Home, files: Collection[str]
) -> tuple[list[tuple[Source, RemovedSource]], list[tuple[Source, bool]]]:
    """Return the removed sources, and all other sources without a source file.

    ``files`` are the ids of sources with a file. The flag of a source without a file is true if the
    source was imported and never visited. Raises StoreError if the store can't be read.
    """
    if not home.has_store:
        return [], []
    with closing(home.plain_store()) as store:
        known, removed = store.sources(), store.removed_sources()
        others = sorted(known.keys() - removed.keys() - {*files})
        return [(known[name], one) for name, one in removed.items()], [
            (known[name], store.last_visit(name) is None) for name in others
        ]


@click.command()
@click.argument("source")
@click.option("--why", default="", metavar="TEXT", help="Reason, stored with this decision.")
@with_home
def pause(home: Home, *, source: str, why: str) -> None:
    """Pause visits to a source.

    `communique collect SOURCE` still visits a paused source.
    """
    paused = handlings.pause(home, source, why.strip())
    answer({"source": source, "handling": paused}, f"{source} is {handling_line(paused)}")


@click.command()
@click.argument("source")
@with_home
def resume(home: Home, *, source: str) -> int:
    """Resume visits to a paused source."""
    ended = end_handlings(home, source, ("paused",))
    lines = [f"visits to {source} are resumed"] if ended else []
    answer({"source": source, "ended": ended}, *lines)
    if not ended:
        complain(f"{source} is not paused")
    return 0 if ended else 1


@click.command()
@click.argument("old")
@click.argument("new")
@with_home
def rename(home: Home, *, old: str, new: str) -> int:
    """Change the id of a source.

    Releases and feeds keep their own ids. The feeds and pages of the source move with the next
    publication, and the server of Communique redirects from their old addresses. No other source
    can get the old id.
    """
    done = rename_source(home, old, new)
    line = f"renamed {old} to {new}, with {counted(done.releases, 'release')}"
    return report(home, done, line, f"{old} is called {new} already")


@click.command()
@click.argument("source")
@click.option("--keep", "kept", is_flag=True, help="Keep the source's releases in feeds and pages.")
@with_home
def remove(home: Home, *, source: str, kept: bool) -> int:
    """Remove a source, its file and its feeds.

    The releases of the source are hidden, not deleted: if you add the source again, they return
    with their ids. With --keep, they stay in feeds and pages, which show when the source was
    removed.
    """
    done = remove_source(home, source, kept=kept)
    what = "still shown" if kept else "hidden"
    line = f"removed {source}; {counted(done.releases, 'release')} {what}"
    return report(home, done, line, f"{source} is removed already")


def report(home: Home, done: SourceRename | SourceRemoval, line: str, nothing: str) -> int:
    """Print the result of renaming or removing a source, and return the exit code.

    ``nothing`` is the message if nothing was changed.
    """
    answer(done, *([line] if done.done else []))
    if not done.done:
        complain(nothing)
    if note := note_for_fleet(home):
        complain(note)
    return 0 if done.done else 1
