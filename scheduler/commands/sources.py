"""communique sources: what becomes of sources and their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.clock import utc_now, zone_or_utc
from data.errors import CommuniqueError, SourceError
from data.health.latency import LAST, latencies, latency_fields, latency_line
from data.models import Handling, RemovedSource, Source
from data.store.protocol import Store
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from feeds.websub.feed_subscriber import pushing
from scheduler.cli import Listing, as_json, complain, print_json, say, with_any_home, with_home
from scheduler.home import Home
from scheduler.jobs.drift import DriftGuard, why_held
from scheduler.jobs.fetch import PageFetcher
from scheduler.jobs.handlings import (
    end_handlings,
    handle_source,
    handled_fields,
    handling_line,
    paused_sources,
    why_line,
)
from scheduler.jobs.health import home_health
from scheduler.jobs.source_changes import remove_source, rename_source
from scheduler.service.visit_planner import NextVisit, VisitPlanner
from scheduler.terminal.drift_report import drift_lines
from scheduler.terminal.source_facts import push_fields, push_line, recall_fields, recall_lines
from spiders.archived.drift import Drift, harms_of
from spiders.crawl.facts.visit_facts import unmatched_at_last
from spiders.discovery.fetcher import NotFetched
from spiders.download.browser import NO_PAGE
from spiders.golden.golden import BadGolden, differences, write_golden
from spiders.learning.template import decode_template, described
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource, choose, load_sources, read_source

TOML = ".toml"
"""How the path of a source file ends, which no id does."""

FEW = 0.005
"""Releases an hour below which people are told no number."""

PIPE = 1000
"""Columns of a table in a pipe."""


@click.group(cls=Listing)
def sources() -> None:
    """See to sources and their files; without a word more, list them."""


@sources.command("list")
@as_json
@with_any_home
def list_sources(home: Home, *, as_json: bool) -> int:
    """List all sources: your own, those that are shipped and can be named, and the removed ones."""
    loaded, broken = load_sources(home.sources)
    gone = removed_sources(home)
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
                "errors": [str(error) for error in broken],
            }
        )
    else:
        table = Table("id", "name", "url", "file", box=None, pad_edge=False)
        for one in loaded.values():
            # Text, not markup: what brackets hold in a name is no style.
            cells = (one.id, one.file.name, one.source.url, "own" if one.own else "shipped")
            table.add_row(*map(Text, cells))
        for source, removed in gone:
            state = f"removed on {removed.at:%Y-%m-%d}{', kept' if removed.kept else ''}"
            table.add_row(*map(Text, (source.id, source.name, source.url, state)))
        console = Console()
        if not console.is_terminal:
            # A pipe is no terminal of 80 columns: nothing is cut off there.
            console = Console(width=PIPE)
        console.print(table)
        for error in broken:
            complain(str(error))
    return 2 if broken else 0


def removed_sources(home: Home) -> list[tuple[Source, RemovedSource]]:
    """The sources of a HOME that are collected no more."""
    if not home.database.exists():
        return []
    with closing(home.plain_store()) as store:
        known = store.sources()
        return [(known[name], one) for name, one in store.removed_sources().items()]


@sources.command()
@click.argument("source")
@as_json
@with_home
def show(home: Home, *, source: str, as_json: bool) -> int:
    """Show what a source file says, what was learned of its pages, and the last visits to it."""
    one = named_source(home, source)
    store = home.store()
    runs = store.runs(one.id, limit=5)
    recall = store.recall(one.id)
    learned = [found for text in store.templates(one.id) if (found := decode_template(text))]
    due = next_visit(home, store, one)
    held = DriftGuard(home, store, load_taxonomy(home.topics)).kept(one.id).why(one.id)
    hub, subscription = pushing(store, one.id)
    late = latencies(store.release_times(one.id, limit=LAST))
    how = next((found for found in home_health(home, store) if found.source == one.id), None)
    store.close()
    if as_json:
        print_json(
            {
                "id": one.id,
                "path": str(one.path),
                **msgspec.to_builtins(one.file),
                "health": how and handled_fields(how),
                "learned": learned,
                "recall": recall_fields(recall),
                "held_back": held or None,
                "next_visit": due and {**msgspec.to_builtins(due), "why": due_line(due, one)},
                "pushed": push_fields(hub, subscription),
                "latency": latency_fields(late),
                "runs": runs,
            }
        )
        return 0
    say(f"# {one.path}")
    say(*one.path.read_text("utf-8").rstrip().split("\n"))
    if how:
        say(f"# {how.state} ({how.code}): {why_line(how)}")
    for template in learned:
        say(*(f"# {line}" for line in described(template)))
    for line in recall_lines(recall):
        say(f"# {line}")
    if held:
        say(f"# {held}")
    if due:
        say(f"# {due_line(due, one)}")
    if told := push_line(hub, subscription):
        say(f"# {told}")
    if late:
        say(f"# {latency_line(late)}")
    for run in runs:
        say(
            f"# {run.started:%Y-%m-%d %H:%M} UTC: {run.found} found, {run.new} new,"
            f" {run.changed} changed, {counted(len(run.errors), 'error')},"
            f" history {run.history}{f' {run.bound}' if run.bound else ''}"
        )
    return 0


def next_visit(home: Home, store: Store, one: LoadedSource) -> NextVisit | None:
    """When the service visits a source next; None for one that it was not visited or never is."""
    loaded, _ = load_sources(home.sources)
    visited = choose(loaded, ())
    last = store.last_visit(one.id)
    if last is None or one.id not in {source.id for source in visited} - paused_sources(store):
        return None
    planner = VisitPlanner(home.settings.collect, home.settings.health)
    planner.learn(store, visited, utc_now())
    return planner.next_visit(store, one, last)


def due_line(due: NextVisit, one: LoadedSource) -> str:
    """When a source is visited next and why, for people."""
    at = due.at.astimezone(zone_or_utc(one.file.timezone))
    visit = f"the service visits it next on {at:%Y-%m-%d at %H:%M} ({one.file.timezone})"
    after = f"{due.seconds / 60:.0f} minutes after the last visit"
    if due.confirms and not due.asked:
        return f"{visit}, {after}: to confirm what that showed"
    if due.asked:
        return f"{visit}: its host asked to be let alone until then"
    if due.hourly is None:
        return f"{visit}, {after}"
    usual = (
        f"{due.hourly:.2f} releases an hour are" if due.hourly >= FEW else "hardly any release is"
    )
    return f"{visit}, {after}: on {at:%A}s at this time {usual} usual"


@sources.command()
@click.argument("source", nargs=-1, metavar="[SOURCE|FILE …]")
@as_json
@with_any_home
def check(home: Home, *, source: tuple[str, ...], as_json: bool) -> int:
    """Check source files: say of each whether it can be used, and if not, what to mend.

    Of one that changed, say what it reads otherwise on the newest stored pages; the path of a FILE
    that is not in HOME yet will do. Where sample pages are kept, say also what is read otherwise
    than expected.json tells, and which selectors match nothing, there or in the last visit. Exit
    code 1 where there is anything of it, or where `collect` would hold the file back.
    """
    chosen, errors = chosen_to_check(home, source)
    told: list[dict[str, Any]] = []
    with stored(home) as store:
        guard = store and DriftGuard(home, store, load_taxonomy(home.topics))
        for one in chosen:
            try:
                found = golden_of(home, one)
            except BadGolden as bad:
                errors.append(bad)
                continue
            drifts = guard.drifts(one) if guard else ()
            last = next(iter(store.runs(one.id, limit=1)), None) if store else None
            missing = unmatched_at_last(last, one.file)
            report = {"id": one.id, "path": str(one.path), "differences": found, "drift": drifts}
            told.append({**report, "unmatched": missing})
            if not as_json:
                print_check(home, one, found, drifts, missing)
    for error in errors:
        complain(str(error))
    if as_json:
        print_json({"sources": told, "errors": [str(error) for error in errors]})
    worse = any(drift.is_mass_change for one in told for drift in one["drift"])
    wrong = any(one["differences"] or one["unmatched"] for one in told)
    return 2 if errors else int(worse or wrong)


def chosen_to_check(
    home: Home, names: tuple[str, ...]
) -> tuple[Sequence[LoadedSource], list[CommuniqueError]]:
    """The sources that ids and paths of files name, or all; and what is wrong with their files.

    Raises UnknownSource.
    """
    loaded, broken = load_sources(home.sources)
    if not names:
        return [*loaded.values()], [*broken]
    paths = [Path(name) for name in names if name.endswith(TOML)]
    named = [name for name in names if not name.endswith(TOML)]
    errors: list[CommuniqueError] = [one for one in broken if Path(one.path).stem in named]
    unusable = {Path(one.path).stem for one in broken}
    ids = tuple(name for name in named if name not in unusable)
    chosen = [*choose(loaded, ids)] if ids else []
    for path in paths:
        try:
            chosen.append(LoadedSource(path.stem, path, own=True, file=read_source(path)))
        except SourceError as error:
            errors.append(error)
    return chosen, errors


def print_check(
    home: Home,
    one: LoadedSource,
    found: Sequence[str],
    drifts: Sequence[Drift],
    missing: Sequence[str],
) -> None:
    """Print what was found of one source file."""
    worse = [drift for drift in drifts if drift.is_mass_change]
    word = "held back" if worse else "not well" if found or missing else "well"
    say(f"{one.id}: {word} ({one.path})", *drift_lines(drifts))
    for key in missing:
        complain(f"{one.id}: {key} matched nothing in the last visit: correct it in {one.path}")
    for difference in found:
        complain(f"{home.samples / one.id}: {difference}")
    for drift in worse:
        complain(f"{one.id}: {why_held(one.id, drift.cause, harms_of(drift))}")


@contextmanager
def stored(home: Home) -> Iterator[Store | None]:
    """The store of a HOME; None where it has none yet."""
    if not home.database.exists():
        yield None
        return
    with closing(home.plain_store()) as store:
        yield store


def golden_of(home: Home, one: LoadedSource) -> tuple[str, ...]:
    """What a source's sample pages say otherwise than expected. Raises BadGolden."""
    folder = home.samples / one.id
    return tuple(differences(folder, one.file)) if folder.is_dir() else ()


@sources.command()
@click.argument("source")
@with_home
def sample(home: Home, *, source: str) -> int:
    """Save a source's listing and newest release into HOME/samples, with what is read of them.

    Read expected.json and correct it: from then on `sources check` says what differs from it.
    """
    one = named_source(home, source)
    folder = home.samples / one.id
    listing, release = sample_pages(home, one)
    write_golden(folder, one.file, listing, release, utc_now())
    say(f"wrote {folder}; read its expected.json and correct it")
    return 0


@sources.command()
@click.argument("old")
@click.argument("new")
@as_json
@with_home
def rename(home: Home, *, old: str, new: str, as_json: bool) -> int:
    """Give a source another id; its releases keep theirs, and its feeds too.

    The feeds and pages of the source move with the next publication; our server leads on to them
    from where they were. The old id is given to no other source.
    """
    done = rename_source(home, old, new)
    if as_json:
        print_json(done)
    elif done.done:
        say(f"{old} is called {new} now, with {counted(done.releases, 'release')}")
    if not done.done:
        complain(f"{old} is called {new} already")
    return 0 if done.done else 1


@sources.command()
@click.argument("source")
@click.option("--keep", "kept", is_flag=True, help="Leave its releases in feeds and pages.")
@as_json
@with_home
def remove(home: Home, *, source: str, kept: bool, as_json: bool) -> int:
    """Collect a source no more: its file is deleted, and its releases leave feeds and pages.

    Nothing that was collected is deleted: once it is added again, its releases are back, with
    their ids. With --keep they stay in feeds and pages, which say since when no more come.
    """
    done = remove_source(home, source, kept=kept)
    if as_json:
        print_json(done)
    elif done.done:
        what = "still shown" if kept else "hidden"
        say(f"{source} is collected no more; {what}: {counted(done.releases, 'release')}")
    if not done.done:
        complain(f"{source} is removed already")
    return 0 if done.done else 1


@sources.command()
@click.argument("source")
@click.option("--why", default="", metavar="TEXT", help="Why; it is kept.")
@as_json
@with_home
def pause(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Visit a source no more until it is resumed, unless `communique collect` names it."""
    with closing(home.store()) as store:
        store.register(named_source(home, source).source)
    paused = Handling("paused", utc_now(), why)
    handle_source(home, source, paused)
    if as_json:
        print_json({"source": source, "handling": paused})
    else:
        say(f"{source} is {handling_line(paused)}")
    return 0


@sources.command()
@click.argument("source")
@as_json
@with_home
def resume(home: Home, *, source: str, as_json: bool) -> int:
    """Visit a source again that was paused."""
    ended = end_handlings(home, source, ("paused",))
    if as_json:
        print_json({"source": source, "ended": ended})
    elif ended:
        say(f"{source} is visited again")
    if not ended:
        complain(f"{source} is not paused")
    return 0 if ended else 1


def named_source(home: Home, name: str) -> LoadedSource:
    """The source of an id. Raises SourceError where its file has a mistake, and UnknownSource."""
    loaded, broken = load_sources(home.sources)
    for error in broken:
        if Path(error.path).stem == name:
            raise error
    (one,) = choose(loaded, (name,))
    return one


def sample_pages(home: Home, one: LoadedSource) -> tuple[Page, Page]:
    """The listing of a source and its newest release, as served. Raises NotFetched."""
    with ExitStack() as stack:
        pages = plain = stack.enter_context(PageFetcher(home, archive=True))
        if one.file.render:
            pages = stack.enter_context(PageFetcher(home, render=True, archive=True))
        url = one.file.feed or one.file.url
        listing = (plain if one.file.feed else pages).page(url)
        reading = one.file.date_context(utc_now())
        found = read_listing(listing, reading, one.file.listing)
        release = next((item for item in found.items if not NO_PAGE.search(item.url)), None)
        if release is None:
            why = "; ".join(found.reasons) or "it lists documents only"
            raise NotFetched(url, f"no release was found on it ({why})")
        return listing, pages.page(release.url)
