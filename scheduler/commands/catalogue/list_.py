"""communique catalogue list: list the catalogues."""

import click
from rich.table import Table
from rich.text import Text

from scheduler.cli import as_json, print_json, with_any_home
from scheduler.home.home import Home
from scheduler.sources.tiers import Tiers
from scheduler.terminal.tables import print_table
from spiders.catalogue.catalogue import known_catalogues, read_catalogue


@click.command("list")
@as_json
@with_any_home
def list_(home: Home, *, as_json: bool) -> int:
    """List the catalogues: bundled ones, and those in HOME/catalogues."""
    tiers = Tiers(home)
    found = [read_catalogue(path) for path in known_catalogues(home.catalogues).values()]
    rows = [
        {
            "catalogue": one.id,
            "name": one.head.name,
            "entries": len(one.entries),
            "added": tiers.added(one.id),
            "licence": one.head.licence,
            "origin": one.head.origin,
            "date": one.head.date,
        }
        for one in found
    ]
    if as_json:
        print_json({"catalogues": rows})
        return 0
    table = Table("catalogue", "entries", "added", "licence", "date", "name", box=None)
    for row in rows:
        names = ("catalogue", "entries", "added", "licence", "date", "name")
        table.add_row(*(Text(str(row[name])) for name in names))
    print_table(table)
    return 0
