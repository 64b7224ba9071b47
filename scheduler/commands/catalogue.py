"""communique catalogue: lists of institutions, whose press rooms are found, added and updated."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.wording import counted
from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog, State, Tier, Tiers
from scheduler.cli import (
    Command,
    ListingGroup,
    answer,
    complain,
    print_json,
    printable,
    say,
    wants_json,
    with_any_home,
    with_home,
    with_later_home,
)
from scheduler.home.home import Home, open_home
from scheduler.terminal.progress_and_tables import one_bar, print_table
from spiders.catalogue.catalogue import (
    KINDS,
    Entry,
    EntrySelection,
    examine,
    find_catalogue,
    known_catalogues,
    read_catalogue,
)

if TYPE_CHECKING:
    from scheduler.adding.catalogue_sources import Update


@click.group(cls=ListingGroup)
def catalogue() -> None:
    """Add press rooms from lists of institutions. Without a subcommand, list the catalogues."""


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


@catalogue.command("list")
@with_any_home
def list_(home: Home) -> None:
    """List the catalogues: bundled ones, and those in HOME/catalogues."""
    tiers = Tiers(home)
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
        for one in map(read_catalogue, known_catalogues(home.catalogues).values())
    ]
    if wants_json():
        print_json({"catalogues": rows})
        return
    names = ("catalogue", "entries", "added", "licence", "date", "name")
    table = Table(*names, box=None)
    for row in rows:
        table.add_row(*(Text(str(row[name])) for name in names))
    print_table(table)


@catalogue.command("show")
@catalogue_argument
@with_selection
@with_any_home
def show(home: Home, *, catalogue: str, selection: EntrySelection) -> None:
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
    if wants_json():
        head = msgspec.to_builtins(read.head)
        print_json({**head, "entries": [entry_values(*row) for row in rows]})
        return
    table = Table("id", "country", "kind", "group", "tier", "name", "url", box=None)
    if attempts:
        table.add_column("last attempt")
    for entry, tier, attempt in rows:
        cells = (entry.id, entry.country, entry.kind, entry.group, tier.shown, entry.name)
        failed = printable(attempt.shown) if attempt and not tier.source else ""
        table.add_row(*map(Text, (*cells, entry.press or entry.url, *([failed] * bool(attempts)))))
    print_table(table)


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


ADD_RESULTS: Final[tuple[State, ...]] = ("added", "present", "unsure", "failed")
"""Possible results of commands that add entries, in the order of a report."""

CHECK_RESULTS: Final[tuple[State, ...]] = ("found", "unsure", "failed")
"""Possible results of commands that only check entries, in the order of a report."""


@contextmanager
def attempt_lines(count: int) -> Iterator[Callable[[Attempt], None]]:
    """Context manager that yields a function to call with the result of each entry.

    On a terminal, the function updates a progress bar. Otherwise it prints a line, unless the
    command prints JSON.
    """
    with one_bar("sites") as draw:
        done = 0
        draw(0, count)
        has_lines = not (Console(stderr=True).is_terminal or wants_json())

        def note(attempt: Attempt) -> None:
            nonlocal done
            done += 1
            draw(done, count)
            if has_lines:
                say(attempt_line(attempt))

        yield note


def attempt_line(attempt: Attempt) -> str:
    """Return the result of an entry as a line."""
    start = f"{attempt.entry}: {attempt.state}"
    if attempt.state in {"added", "found"}:
        start += f", {counted(attempt.releases, 'release')} at {attempt.url}"
    return f"{start} ({attempt.reason})" if attempt.reason else start


def report(catalogue: str, attempts: Sequence[Attempt], states: Sequence[State]) -> int:
    """Print the results and the number of results per state, and return the exit code."""
    counts = Counter(one.state for one in attempts)
    if wants_json():
        rows = [*map(attempt_values, attempts)]
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


@catalogue.command("add")
@catalogue_argument
@with_selection
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--force", is_flag=True, help="Also add uncertain results.")
@with_later_home
def add(home: Home, *, catalogue: str, selection: EntrySelection, yes: bool, force: bool) -> int:
    """Find the press rooms of catalogue entries, and add them as sources.

    If no entries are selected, all entries of the catalogue are added. Sites are inspected in
    parallel, as in `communique add`. If the command is stopped, run it again to continue. The
    exit code is 1 if a press room was not added.
    """
    # Imported here, and in the commands below: Scrapy loads slowly, and lists do not need it.
    from scheduler.adding.catalogue_sources import CATALOGUE_LOCK, CatalogueRun  # noqa: PLC0415

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
        attempt_lines(len(entries)) as on_attempt,
    ):
        attempts = CatalogueRun(home, read, force=force).run(entries, on_attempt)
    return report(read.id, attempts, ADD_RESULTS)


@catalogue.command("check")
@catalogue_argument
@with_selection
@with_any_home
def check(home: Home, *, catalogue: str, selection: EntrySelection) -> int:
    """Validate a catalogue, or check that its press rooms can be found.

    CATALOGUE is the path of a file, or the id of a catalogue. If no entries are selected,
    only the file is validated. Otherwise, the sites of the selected entries are inspected as in
    `catalogue add`, but nothing is written.
    """
    path = find_catalogue(catalogue, home.catalogues)
    if selection != EntrySelection():
        from scheduler.adding.catalogue_sources import CatalogueRun  # noqa: PLC0415

        read = read_catalogue(path)
        entries = selection.of(read)
        with attempt_lines(len(entries)) as on_attempt:
            attempts = CatalogueRun(home, read, save=False).run(entries, on_attempt)
        return report(read.id, attempts, CHECK_RESULTS)
    found, errors = examine(path)
    count = len(found.entries) if found else 0
    ok = [] if errors else [f"{path}: ok, {counted(count, 'entry', 'entries')}"]
    answer({"path": str(path), "entries": count, "errors": [*map(str, errors)]}, *ok)
    for error in () if wants_json() else errors:
        complain(str(error))
    return 2 if errors else 0


@catalogue.command("update")
@catalogue_argument
@click.option("--dry-run", is_flag=True, help="Report the changes without writing them.")
@with_home
def update(home: Home, *, catalogue: str, dry_run: bool) -> int:
    """Update sources to a newer version of their catalogue.

    CATALOGUE is the path of the newer file, or the id of a bundled catalogue after an upgrade.
    Values that you changed in a source file are kept. A site is requested again only if its address
    in the catalogue changed. The exit code is 1 if a source could not be updated.
    """
    from scheduler.adding.catalogue_sources import CATALOGUE_LOCK, CatalogueUpdate  # noqa: PLC0415

    read = read_catalogue(find_catalogue(catalogue, home.catalogues))
    home.check_writable()
    with home.lock(CATALOGUE_LOCK, "communique catalogue update"):
        run = CatalogueUpdate(home, read, save=not dry_run)
        results = run.run((lambda _: None) if wants_json() else print_update)
    counts = Counter(one.outcome for one in results)
    dropped = f", {counts['dropped']} no longer listed" if counts["dropped"] else ""
    end = "; nothing was written in a dry run" if dry_run else ""
    lines = [f"{counted(len(results), 'source')}, {counts['updated']} updated{dropped}{end}"]
    if run.new_entries:
        what = counted(run.new_entries, "entry has", "entries have")
        lines.append(f"{what} no source; see `communique catalogue add`")
    answer({"catalogue": read.id, "new_entries": run.new_entries, "sources": results}, *lines)
    return 1 if counts["unsure"] or counts["failed"] else 0


def print_update(one: Update) -> None:
    """Print the result of an update, unless the source is unchanged."""
    changed = f" ({', '.join(one.changed)})" if one.changed else ""
    if one.outcome != "unchanged" or one.reason:
        why = f": {one.reason}" if one.reason else ""
        say(f"{one.source}: {one.outcome}{changed}{why}")
    if one.kept:
        say(f"{one.source}: kept your {', '.join(one.kept)}")
