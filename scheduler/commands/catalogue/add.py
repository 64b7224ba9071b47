"""communique catalogue add: add the press rooms of a catalogue's entries."""

import sys

import click

from data.wording import counted
from scheduler.adding.catalogue_run import LOCK, CatalogueRun
from scheduler.cli import as_json, with_later_home
from scheduler.home.home import Home, open_home
from scheduler.terminal.attempt_report import ADD_RESULTS, attempt_lines, report
from scheduler.terminal.entry_options import catalogue_argument, with_selection
from spiders.catalogue.catalogue import find_catalogue, read_catalogue
from spiders.catalogue.selection import Selection


@click.command("add")
@catalogue_argument
@with_selection
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--force", is_flag=True, help="Also add uncertain results.")
@as_json
@with_later_home
def add(
    home: Home, *, catalogue: str, selection: Selection, yes: bool, force: bool, as_json: bool
) -> int:
    """Find the press rooms of entries, and add them as sources.

    Without an entry or option, all entries of the catalogue are added. Sites are inspected in
    parallel, as by `communique add`. If the command is stopped, run it again: it continues where it
    stopped. The exit code is 1 if a press room was not added.
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    entries = selection.of(read)
    if not yes:
        sites = counted(len(entries), "site")
        if not sys.stdin.isatty():
            raise click.UsageError(f"{sites} would be requested; add --yes to do this")
        click.confirm(f"Request {sites} and add their press rooms?", abort=True)
    home.check_writable()
    home = open_home(home.path)
    with (
        home.lock(LOCK, "communique catalogue add"),
        attempt_lines(len(entries), quiet=as_json) as on_attempt,
    ):
        attempts = CatalogueRun(home, read, force=force).run(entries, on_attempt)
    return report(read.id, attempts, ADD_RESULTS, as_json=as_json)
