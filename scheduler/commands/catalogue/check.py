"""communique catalogue check: validate a catalogue, or check the sites of its entries."""

import click

from data.wording import counted
from scheduler.adding.catalogue_run import CatalogueRun
from scheduler.cli import as_json, complain, print_json, say, with_any_home
from scheduler.home.home import Home
from scheduler.terminal.attempt_report import CHECK_RESULTS, attempt_lines, report
from scheduler.terminal.entry_options import catalogue_argument, with_selection
from spiders.catalogue.catalogue import examine, find_catalogue, read_catalogue
from spiders.catalogue.selection import Selection


@click.command("check")
@catalogue_argument
@with_selection
@as_json
@with_any_home
def check(home: Home, *, catalogue: str, selection: Selection, as_json: bool) -> int:
    """Validate a catalogue, or check that its press rooms can be found.

    CATALOGUE is the path of a file, or the id of a catalogue. Without an entry or option, only the
    file is checked. Otherwise, the sites of these entries are inspected as by `catalogue add`, and
    nothing is written.
    """
    path = find_catalogue(catalogue, home.catalogues)
    if selection != Selection():
        read = read_catalogue(path)
        entries = selection.of(read)
        with attempt_lines(len(entries), quiet=as_json) as on_attempt:
            attempts = CatalogueRun(home, read, save=False).run(entries, on_attempt)
        return report(read.id, attempts, CHECK_RESULTS, as_json=as_json)
    found, errors = examine(path)
    count = len(found.entries) if found else 0
    if as_json:
        told = [str(error) for error in errors]
        print_json({"path": str(path), "entries": count, "errors": told})
    elif not errors:
        say(f"{path}: ok, {counted(count, 'entry', 'entries')}")
    if not as_json:
        for error in errors:
            complain(str(error))
    return 2 if errors else 0
