"""communique catalogue show: list the entries of a catalogue."""

from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from scheduler.cli import as_json, print_json, with_any_home
from scheduler.home.home import Home
from scheduler.sources.tiers import Tier, Tiers
from scheduler.terminal.entry_options import catalogue_argument, with_selection
from scheduler.terminal.tables import print_table
from spiders.catalogue.catalogue import Entry, find_catalogue, read_catalogue
from spiders.catalogue.selection import Selection


@click.command("show")
@catalogue_argument
@with_selection
@as_json
@with_any_home
def show(home: Home, *, catalogue: str, selection: Selection, as_json: bool) -> int:
    """List the entries of a catalogue and their tiers.

    CATALOGUE is the id of a bundled catalogue, or the path of a file. The tier of an entry is
    `listed` (never read here), `read`, `tested` (it has sample pages) or `proven` (three months
    without a fault).
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    tiers = Tiers(home)
    rows = [(entry, tiers.of(read.key(entry))) for entry in selection.of(read)]
    if as_json:
        head = msgspec.to_builtins(read.head)
        print_json({**head, "entries": [entry_values(*row) for row in rows]})
        return 0
    table = Table("id", "country", "kind", "group", "tier", "name", "url", box=None)
    for entry, tier in rows:
        cells = (entry.id, entry.country, entry.kind, entry.group, tier.shown, entry.name)
        table.add_row(*map(Text, (*cells, entry.press or entry.url)))
    print_table(table)
    return 0


def entry_values(entry: Entry, tier: Tier) -> dict[str, Any]:
    """Return an entry and its tier as JSON values."""
    return {
        **{name: getattr(entry, name) for name in entry.__struct_fields__},
        "tier": tier.name,
        "since": tier.since,
        "source": tier.source or None,
    }
