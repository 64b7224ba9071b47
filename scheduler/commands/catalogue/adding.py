"""communique catalogue add, check and update: find, check and update a catalogue's press rooms."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.wording import counted
from scheduler.adding.attempts_and_tiers import Attempt, State
from scheduler.adding.catalogue_sources import CATALOGUE_LOCK, CatalogueRun, CatalogueUpdate, Update
from scheduler.cli import (
    as_json,
    complain,
    print_json,
    printable,
    say,
    with_any_home,
    with_home,
    with_later_home,
)
from scheduler.commands.catalogue.lists import catalogue_argument, with_selection
from scheduler.home.home import Home, open_home
from scheduler.terminal.progress_and_tables import one_bar, print_table
from spiders.catalogue.catalogue import EntrySelection, examine, find_catalogue, read_catalogue

ADD_RESULTS: Final[tuple[State, ...]] = ("added", "present", "unsure", "failed")
"""Possible results of commands that add entries, in the order of a report."""

CHECK_RESULTS: Final[tuple[State, ...]] = ("found", "unsure", "failed")
"""Possible results of commands that only check entries, in the order of a report."""


@contextmanager
def attempt_lines(count: int, *, quiet: bool) -> Iterator[Callable[[Attempt], None]]:
    """Context manager that yields a function to call with the result of each entry.

    On a terminal, the function updates a progress bar. Otherwise it prints a line, unless
    ``quiet``.
    """
    with one_bar("sites") as draw:
        done = 0
        draw(0, count)
        is_terminal = Console(stderr=True).is_terminal

        def note(attempt: Attempt) -> None:
            nonlocal done
            done += 1
            draw(done, count)
            if not is_terminal and not quiet:
                say(attempt_line(attempt))

        yield note


def attempt_line(attempt: Attempt) -> str:
    """Return the result of an entry as a line."""
    start = f"{attempt.entry}: {attempt.state}"
    if attempt.state in {"added", "found"}:
        start += f", {counted(attempt.releases, 'release')} at {attempt.url}"
    return f"{start} ({attempt.reason})" if attempt.reason else start


def report(
    catalogue: str, attempts: Sequence[Attempt], states: Sequence[State], *, as_json: bool
) -> int:
    """Print the results and the number of results per state, and return the exit code."""
    counts = Counter(one.state for one in attempts)
    if as_json:
        rows = [attempt_values(one) for one in attempts]
        print_json({"catalogue": catalogue, **{s: counts[s] for s in states}, "entries": rows})
    else:
        table = Table("entry", "result", "reason", box=None)
        for one in sorted(attempts, key=lambda one: states.index(one.state)):
            if one.state in {"unsure", "failed"}:
                table.add_row(*map(Text, (one.entry, one.state, printable(one.reason))))
        if table.row_count:
            print_table(table)
        say(", ".join(f"{counts[state]} {state}" for state in states))
    return 1 if counts["unsure"] or counts["failed"] else 0


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """Return the result of an entry as JSON values."""
    return {
        "id": attempt.entry,
        "state": attempt.state,
        "source": attempt.source or None,
        "url": attempt.url or None,
        "releases": attempt.releases,
        "reason": attempt.reason,
        "at": attempt.at,
    }


@click.command("add")
@catalogue_argument
@with_selection
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--force", is_flag=True, help="Also add uncertain results.")
@as_json
@with_later_home
def add(
    home: Home, *, catalogue: str, selection: EntrySelection, yes: bool, force: bool, as_json: bool
) -> int:
    """Find the press rooms of catalogue entries, and add them as sources.

    If no entries are selected, all entries of the catalogue are added. Sites are inspected in
    parallel, as in `communique add`. If the command is stopped, run it again to continue. The
    exit code is 1 if a press room was not added.
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    entries = selection.of(read)
    if not yes:
        sites = counted(len(entries), "site")
        if not sys.stdin.isatty():
            raise click.UsageError(f"this command sends requests to {sites}; add --yes to continue")
        click.confirm(f"Send requests to {sites} and add their press rooms?", abort=True)
    home.check_writable()
    home = open_home(home.path)
    with (
        home.lock(CATALOGUE_LOCK, "communique catalogue add"),
        attempt_lines(len(entries), quiet=as_json) as on_attempt,
    ):
        attempts = CatalogueRun(home, read, force=force).run(entries, on_attempt)
    return report(read.id, attempts, ADD_RESULTS, as_json=as_json)


@click.command("check")
@catalogue_argument
@with_selection
@as_json
@with_any_home
def check(home: Home, *, catalogue: str, selection: EntrySelection, as_json: bool) -> int:
    """Validate a catalogue, or check that its press rooms can be found.

    CATALOGUE is the path of a file, or the id of a catalogue. If no entries are selected,
    only the file is validated. Otherwise, the sites of the selected entries are inspected as in
    `catalogue add`, but nothing is written.
    """
    path = find_catalogue(catalogue, home.catalogues)
    if selection != EntrySelection():
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


@click.command("update")
@catalogue_argument
@click.option("--dry-run", is_flag=True, help="Report the changes without writing them.")
@as_json
@with_home
def update(home: Home, *, catalogue: str, dry_run: bool, as_json: bool) -> int:
    """Update sources to a newer version of their catalogue.

    CATALOGUE is the path of the newer file, or the id of a bundled catalogue after an upgrade.
    Values that you changed in a source file are kept. A site is requested again only if its address
    in the catalogue changed. The exit code is 1 if a source could not be updated.
    """
    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    home.check_writable()
    with home.lock(CATALOGUE_LOCK, "communique catalogue update"):
        run = CatalogueUpdate(home, read, save=not dry_run)
        results = run.run(lambda one: None if as_json else print_update(one))
    counts = Counter(one.outcome for one in results)
    if as_json:
        print_json({"catalogue": read.id, "new_entries": run.new_entries, "sources": results})
    else:
        dropped = f", {counts['dropped']} no longer listed" if counts["dropped"] else ""
        end = "; nothing was written in a dry run" if dry_run else ""
        say(f"{counted(len(results), 'source')}, {counts['updated']} updated{dropped}{end}")
        if run.new_entries:
            what = counted(run.new_entries, "entry has", "entries have")
            say(f"{what} no source; see `communique catalogue add`")
    return 1 if counts["unsure"] or counts["failed"] else 0


def print_update(one: Update) -> None:
    """Print the result of an update, unless the source is unchanged."""
    changed = f" ({', '.join(one.changed)})" if one.changed else ""
    if one.outcome != "unchanged" or one.reason:
        why = f": {one.reason}" if one.reason else ""
        say(f"{one.source}: {one.outcome}{changed}{why}")
    if one.kept:
        say(f"{one.source}: kept your {', '.join(one.kept)}")
