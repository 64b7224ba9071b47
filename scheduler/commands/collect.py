"""communique collect and publish: visit sources, or write changed feeds and pages, now."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import click

from data.errors import StoreError
from data.models import Run, RunError
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from scheduler.children.executor import Executor
from scheduler.cli import (
    answer,
    complain,
    complain_about,
    print_json,
    say,
    wants_json,
    with_home,
)
from scheduler.home.home import Home
from scheduler.home.home_publication import publish_home
from scheduler.logs import log_to
from scheduler.service.outbox import waiting_alerts
from scheduler.service.websub import announce
from scheduler.sources.handlings import paused_sources
from scheduler.sources.home_health import note_health
from scheduler.terminal.new_store_option import with_new_store
from scheduler.terminal.progress_and_tables import progress_bars
from spiders.sources.source_file import LoadedSource, choose, load_sources

MAX_ERRORS_SHOWN = 10
"""Maximum number of printed errors per source or publication; collect --json prints all."""


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE …]")
@click.option(
    "--backfill", is_flag=True, help="Page through the whole listing and request all releases."
)
@click.option(
    "--accept",
    is_flag=True,
    help="Accept extraction changes held for review.",
)
@with_home
@with_new_store
def collect(home: Home, *, sources: tuple[str, ...], backfill: bool, accept: bool) -> int:
    """Visit sources now.

    Without arguments, all sources in HOME/sources are visited. The exit code is 1 if a page or a
    source failed; all other pages and sources are collected.
    """
    home.check_writable()
    loaded, broken = load_sources(home.sources)
    for error in broken:
        complain(str(error))
    unusable = {Path(error.path).stem for error in broken}
    if sources and unusable.issuperset(sources):
        return 2  # the errors in their files were printed above
    chosen = choose(loaded, tuple(name for name in sources if name not in unusable))
    if not chosen:
        complain(
            f"there is nothing to collect: write a source file into {home.sources}, or give an id "
            "that `communique sources list` shows"
        )
        return 2
    if home.topics.exists():
        # Report an invalid topics file here: otherwise each visit would fail and only log the
        # error.
        load_taxonomy(home.topics)
    paused = frozenset() if sources else paused_in(home)
    for one in chosen:
        if one.id in paused:
            complain(f"{one.id} is paused; give its id to visit it anyway")
    chosen = tuple(one for one in chosen if one.id not in paused)
    runs = visit(home, chosen, backfill=backfill, accept=accept)
    if wants_json():
        print_json({"runs": runs})
    else:
        for run in runs:
            print_run(run)
    # This comes last, so that reports are printed even if the store can't be used.
    printed = () if wants_json() else [one for run in runs for one in run.errors[:MAX_ERRORS_SHOWN]]
    with errors_once(home, printed):
        note_health(home)
        if alerts := waiting_alerts(home):
            write = complain if wants_json() else say
            write(f"{counted(alerts, 'alert waits', 'alerts wait')} for `communique run`")
    return 1 if broken or any(run.errors for run in runs) else 0


def visit(
    home: Home, sources: Sequence[LoadedSource], *, backfill: bool, accept: bool
) -> Sequence[Run]:
    """Visit sources now. If other machines may visit them, lease their hosts like a worker."""
    if home.has_fleet:
        # Imported here: the libraries for PostgreSQL may not be installed.
        from scheduler.fleet.held_hosts import visit_at_once  # noqa: PLC0415

        log_to(sys.stderr, home.settings.log)
        return asyncio.run(visit_at_once(home, sources, backfill=backfill, accept=accept))
    with progress_bars() as on_progress:
        return asyncio.run(
            Executor(home).visit_all(
                sources,
                explicit=True,
                backfill=backfill,
                accept=accept,
                on_progress=on_progress,
            )
        )


@contextmanager
def errors_once(home: Home, printed: Sequence[RunError]) -> Iterator[None]:
    """Context manager that suppresses a StoreError already printed as the error of a visit."""
    try:
        yield
    except StoreError as error:
        if home.public_text(str(error)) not in {one.message for one in printed}:
            raise


def paused_in(home: Home) -> frozenset[str]:
    """Return the ids of paused sources, which are visited only if their ids are given."""
    try:
        with closing(home.plain_store()) as store:
            return paused_sources(store)
    except StoreError:
        # The visits will also fail, and report this error.
        return frozenset()


def print_run(run: Run) -> None:
    """Print the report of a visit, and its errors to standard error."""
    say(
        f"{run.source}: {run.found} found, {run.new} new, {run.changed} changed,"
        f" {run.unchanged} unchanged, {run.retracted} retracted,"
        f" {counted(len(run.errors), 'error')}"
        + (f", {run.returned} back online" if run.returned else "")
        + (f", {run.unconfirmed} gone (unconfirmed)" if run.unconfirmed else "")
        + f" ({counted(run.pages, 'page')} in {run.seconds:.1f} s)"
    )
    if run.history == "walking" and run.found:
        say(f"{run.source}: the next visits continue with older releases")
    elif run.history == "bounded":
        say(f"{run.source}: older releases are not collected, {run.bound}")
    for note in run.notes:
        say(f"{run.source}: {note}")
    complain_about([one.told for one in run.errors], MAX_ERRORS_SHOWN, f"{run.source}: ")


@click.command()
@click.option(
    "--all", "everything", is_flag=True, help="Write all feeds and pages, even unchanged ones."
)
@with_home
@with_new_store
def publish(home: Home, *, everything: bool) -> int:
    """Publish changed feeds and pages.

    The files are written into HOME/site, and uploaded to site.target if it is set.
    """
    # Logs go to standard error, because standard output is for the result.
    log_to(sys.stderr, home.settings.log)
    published = publish_home(home, everything=everything)
    if not asyncio.run(announce(home)):
        complain("the hub was not notified of all changes; the next run will notify it")
    target = home.settings.site.target
    place = f"{home.site} and {target}" if target and not published.errors else home.site
    line = f"no release has changed since the last publication, in {place}"
    if published.feeds or published.errors:
        line = (
            f"{counted(published.feeds, 'feed')}: {published.written} written,"
            f" {published.unchanged} unchanged ({published.seconds:.1f} s), in {place}"
        )
    names = ("feeds", "written", "unchanged", "seconds")
    answer({name: getattr(published, name) for name in names}, line)
    for error in published.errors[:MAX_ERRORS_SHOWN]:
        complain(str(error))
    if len(published.errors) > MAX_ERRORS_SHOWN:
        more = counted(len(published.errors) - MAX_ERRORS_SHOWN, "more file")
        complain(f"and {more} could not be published")
    return 1 if published.errors else 0
