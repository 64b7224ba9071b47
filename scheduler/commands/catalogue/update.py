"""communique catalogue update: update sources to a newer version of their catalogue."""

from collections import Counter

import click

from data.wording import counted
from scheduler.adding.catalogue_run import LOCK
from scheduler.adding.catalogue_update import CatalogueUpdate, Update
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home.home import Home
from scheduler.terminal.entry_options import catalogue_argument
from spiders.catalogue.catalogue import find_catalogue, read_catalogue


@click.command("update")
@catalogue_argument
@as_json
@with_home
def update(home: Home, *, catalogue: str, as_json: bool) -> int:
    """Update sources to a newer version of their catalogue.

    CATALOGUE is the path of the newer file, or the id of a bundled catalogue after an upgrade.
    Values that you changed in a source file are kept. A site is requested again only if its address
    in the catalogue changed. The exit code is 1 if a source could not be updated.
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    home.check_writable()
    with home.lock(LOCK, "communique catalogue update"):
        run = CatalogueUpdate(home, read)
        results = run.run(lambda one: None if as_json else show(one))
    counts = Counter(one.outcome for one in results)
    if as_json:
        print_json({"catalogue": read.id, "new_entries": run.new_entries, "sources": results})
    else:
        dropped = f", {counts['dropped']} no longer listed" if counts["dropped"] else ""
        say(f"{counted(len(results), 'source')}, {counts['updated']} updated{dropped}")
        if run.new_entries:
            what = counted(run.new_entries, "entry has", "entries have")
            say(f"{what} no source; see `communique catalogue add`")
    return 1 if counts["unsure"] or counts["failed"] else 0


def show(one: Update) -> None:
    """Print a result, unless the source is unchanged."""
    changed = f" ({', '.join(one.changed)})" if one.changed else ""
    if one.outcome != "unchanged" or one.reason:
        why = f": {one.reason}" if one.reason else ""
        say(f"{one.source}: {one.outcome}{changed}{why}")
    if one.kept:
        say(f"{one.source}: kept your {', '.join(one.kept)}")
