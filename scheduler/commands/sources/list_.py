"""communique sources list: list all sources, even removed ones and sources without a file."""

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from data.models import RemovedSource, Source
from scheduler.cli import as_json, complain, print_json, with_any_home
from scheduler.home.home import Home
from scheduler.terminal.progress_and_tables import print_table
from spiders.sources.source_file import load_sources


@click.command("list")
@as_json
@with_any_home
def list_(home: Home, *, as_json: bool) -> int:
    """List all sources: your own, bundled, imported and removed ones."""
    loaded, broken = load_sources(home.sources)
    files = {*loaded, *(Path(one.path).stem for one in broken)}
    gone, fileless = stored_sources(home, files)
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
