"""communique catalogue list and show: list the catalogues, and the entries of a catalogue."""

import functools
from collections.abc import Callable
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog, Tier, Tiers
from scheduler.cli import Command, as_json, print_json, printable, with_any_home
from scheduler.home.home import Home
from scheduler.terminal.progress_and_tables import print_table
from spiders.catalogue.catalogue import (
    KINDS,
    Entry,
    EntrySelection,
    find_catalogue,
    known_catalogues,
    read_catalogue,
)

catalogue_argument = click.argument("catalogue", metavar="CATALOGUE")
"""A catalogue's id, or the path of a catalogue file."""


def with_selection(command: Command) -> Callable[..., Any]:
    """Decorator that adds options to select entries, which are passed as ``selection``."""

    @click.argument("entries", metavar="[ENTRY]…", nargs=-1)
    @click.option(
        "--country",
        "countries",
        multiple=True,
        metavar="CODE",
        help="Country code such as FR (also EU and UN).",
    )
    @click.option(
        "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Kind of institution."
    )
    @click.option(
        "--group",
        "groups",
        multiple=True,
        metavar="GROUP",
        help="Group of institutions, such as senate.",
    )
    @functools.wraps(command)
    def chosen(
        *arguments: Any,
        entries: tuple[str, ...],
        countries: tuple[str, ...],
        kinds: tuple[str, ...],
        groups: tuple[str, ...],
        **others: Any,
    ) -> Any:
        upper = tuple(code.upper() for code in countries)
        return command(
            *arguments, selection=EntrySelection(entries, upper, kinds, groups), **others
        )

    return chosen


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


@click.command("show")
@catalogue_argument
@with_selection
@as_json
@with_any_home
def show(home: Home, *, catalogue: str, selection: EntrySelection, as_json: bool) -> int:
    """List the entries of a catalogue and their tiers.

    CATALOGUE is the id of a bundled catalogue, or the path of a file. The tier of an entry is
    `listed` (not collected yet), `read` (collected), `tested` (with sample pages) or `proven`
    (three months without a fault). If an entry could not be added, the reason is shown.
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    tiers, attempts = Tiers(home), AttemptLog(home, read.id).attempts
    rows = [
        (entry, tiers.of(read.key(entry)), attempts.get(entry.id)) for entry in selection.of(read)
    ]
    if as_json:
        head = msgspec.to_builtins(read.head)
        print_json({**head, "entries": [entry_values(*row) for row in rows]})
        return 0
    table = Table("id", "country", "kind", "group", "tier", "name", "url", box=None)
    if attempts:
        table.add_column("last attempt")
    for entry, tier, attempt in rows:
        cells = (entry.id, entry.country, entry.kind, entry.group, tier.shown, entry.name)
        failed = printable(attempt.shown) if attempt and not tier.source else ""
        table.add_row(*map(Text, (*cells, entry.press or entry.url, *([failed] * bool(attempts)))))
    print_table(table)
    return 0


def entry_values(entry: Entry, tier: Tier, attempt: Attempt | None) -> dict[str, Any]:
    """Return an entry, its tier and the last attempt to add it as JSON values."""
    return {
        **{name: getattr(entry, name) for name in entry.__struct_fields__},
        "tier": tier.name,
        "since": tier.since,
        "source": tier.source or None,
        "attempt": attempt
        and {"state": attempt.state, "at": attempt.at, "reason": attempt.reason or None},
    }
