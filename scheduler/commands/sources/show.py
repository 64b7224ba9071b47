"""communique sources show: show the file, health, visits and statistics of a source."""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import click
import msgspec

from data.clock import utc_now, zone_or_utc
from data.errors import UnknownSource
from data.health.latency import MAX_RELEASES, latencies, latency_fields, latency_line
from data.models import FeedHub, FeedSubscription, Recall, Run
from data.store.core.store import Store
from data.text.masked_values import without_secrets
from data.text.masking import masked, masked_toml
from data.text.source_secrets import Secrets
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from feeds.websub.feed_subscriber import hub_state
from scheduler.cli import answer, print_json, say, wants_json, with_home
from scheduler.home.home import Home
from scheduler.planning.planner import NextVisit, VisitPlanner
from scheduler.sources.blocks import advice_line, ways_of
from scheduler.sources.drift_guard import DriftGuard
from scheduler.sources.handlings import handled_fields, paused_sources, why_line
from scheduler.sources.home_health import home_health
from scheduler.sources.known_names import check_source
from spiders.learning.template import decode_template, described
from spiders.sources.source_file import LoadedSource, choose, load_source, load_sources

LAST_RUNS = 5
"""Number of displayed visits, newest first."""

MIN_HOURLY_RATE = 0.005
"""Minimum publication rate, in releases per hour, that is displayed as a number."""

MAX_UNREAD_SHOWN = 5
"""Maximum number of printed addresses without a release; --json prints all."""


@click.command()
@click.argument("source")
@with_home
def show(home: Home, *, source: str) -> None:
    """Show a source with its file, health and last visits.

    The output also contains learned page templates, the next visit, and the latency of releases.
    """
    try:
        one = load_source(home.sources, source)
    except UnknownSource:
        if not home.has_store:
            raise
        show_stored(home, source)
    else:
        show_file(home, one)


def show_file(home: Home, one: LoadedSource) -> None:
    """Show a source that has a source file. Raises StoreError if the store can't be read."""
    secrets = Secrets(one.file.addresses)
    store = home.store().public_view()
    runs = store.runs(one.id, limit=LAST_RUNS)
    recall = store.recall(one.id)
    learned = [found for text in store.templates(one.id) if (found := decode_template(text))]
    due = next_visit(home, store, one)
    held = DriftGuard(home, store, load_taxonomy(home.topics)).kept(one.id).why(one.id)
    hub, subscription = hub_state(store, one.id)
    late = latencies(store.release_times(one.id, limit=MAX_RELEASES))
    how = next((found for found in home_health(home, store) if found.source == one.id), None)
    store.close()
    if wants_json():
        print_json(
            without_secrets(
                {
                    "id": one.id,
                    "path": str(one.path),
                    **msgspec.to_builtins(one.file),
                    "url": masked(one.file.url),
                    "feed": one.file.feed and masked(one.file.feed),
                    "health": how and handled_fields(how),
                    "learned": learned,
                    "recall": {
                        "share": recall.share,
                        "named": recall.named,
                        **msgspec.to_builtins(recall),
                    },
                    "held_back": held or None,
                    "next_visit": due and next_visit_fields(due, one),
                    "pushed": push_fields(hub, subscription),
                    "latency": latency_fields(late),
                    "runs": runs,
                },
                secrets,
            )
        )
        return
    say(f"# {one.path}")
    say(*secrets.masked(masked_toml(one.path.read_text("utf-8"))).rstrip().split("\n"))
    if how:
        say(f"# {how.condition} ({how.code}): {why_line(how)}")
        if ways := ways_of(one.id, how.code, one.file, home.settings):
            say(f"# {advice_line(ways)}")
    for template in learned:
        say(*(f"# {line}" for line in described(template)))
    others = (
        held,
        due_line(due, one) if due else "",
        push_line(hub, subscription),
        latency_line(late) if late else "",
    )
    for line in (*recall_lines(recall), *filter(None, others)):
        say(f"# {line}")
    for run in runs:
        say(run_line(run))


def show_stored(home: Home, source: str) -> None:
    """Show the stored data of a source without a source file.

    Raises UnknownSource or RenamedSource if no source has this id, and StoreError if the store
    can't be read.
    """
    with closing(home.plain_store().public_view()) as store:
        check_source(home, store, source)
        one = store.sources()[source]
        how = next((found for found in home_health(home, store) if found.source == source), None)
        runs = store.runs(source, limit=LAST_RUNS)
        removed = store.removed_sources().get(source)
    fields = msgspec.to_builtins(one)
    health = how and handled_fields(how)
    removed_at = removed and removed.at
    answer(
        {**fields, "path": None, "health": health, "removed": removed_at, "runs": runs},
        *(f"id: {one.id}", f"name: {one.name}", f"url: {one.url}", "file: none"),
        *([f"# removed on {removed.at:%Y-%m-%d}"] if removed else []),
        *([f"# {how.condition} ({how.code}): {why_line(how)}"] if how else []),
        *map(run_line, runs),
    )


def run_line(run: Run) -> str:
    """Return a line about a visit and its results."""
    return (
        f"# {run.started:%Y-%m-%d %H:%M} UTC: {run.found} found, {run.new} new,"
        f" {run.changed} changed, {counted(len(run.errors), 'error')},"
        f" history {run.history}{f' {run.bound}' if run.bound else ''}"
    )


def next_visit(home: Home, store: Store, one: LoadedSource) -> NextVisit | None:
    """Return when the service visits the source next, or None if it is new, paused or bundled."""
    loaded, _ = load_sources(home.sources)
    visited = choose(loaded, ())
    last = store.last_visit(one.id)
    if last is None or one.id not in {source.id for source in visited} - paused_sources(store):
        return None
    planner = VisitPlanner(home.settings.collect, home.settings.health)
    planner.learn(store, visited, utc_now())
    return planner.next_visit(store, one, last)


def next_visit_fields(due: NextVisit, one: LoadedSource) -> dict[str, Any]:
    """Return the next visit as JSON values."""
    return {
        "at": due.at,
        "seconds": due.seconds,
        "hourly": due.hourly,
        "asked": due.host_wait is not None and due.host_wait.requested,
        "confirms": due.confirms,
        "why": due_line(due, one),
    }


def due_line(due: NextVisit, one: LoadedSource) -> str:
    """Return a line about the time of the next visit and its reason."""
    at = due.at.astimezone(zone_or_utc(one.file.timezone))
    visit = f"next visit by the service: {at:%Y-%m-%d at %H:%M} ({one.file.timezone})"
    after = f"{due.seconds / 60:.0f} minutes after the last visit"
    if wait := due.host_wait:
        if wait.requested:
            return f"{visit}, as its host requested with Retry-After"
        return f"{visit}, because its host responded with {wait.status} without Retry-After"
    if due.confirms:
        return f"{visit}, {after}, to confirm its findings"
    if due.hourly is None:
        return f"{visit}, {after}"
    usual = (
        f"{due.hourly:.2f} releases per hour" if due.hourly >= MIN_HOURLY_RATE else "few releases"
    )
    return f"{visit}, {after}; the source usually publishes {usual} on {at:%A}s at this time"


def when(seconds: float) -> dt.datetime:
    """Convert seconds since 1970 to a time in UTC with whole seconds."""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def push_fields(hub: FeedHub | None, ours: FeedSubscription | None) -> dict[str, Any] | None:
    """Return a source's hub and our subscription as JSON values, or None if it has no hub."""
    if hub is None or not hub.hub:
        return None
    return {
        "hub": hub.hub,
        "topic": hub.topic,
        "lease_until": when(ours.expires) if ours and ours.expires else None,
        "heard": when(ours.heard) if ours and ours.heard else None,
    }


def push_line(hub: FeedHub | None, ours: FeedSubscription | None) -> str:
    """Return a line about a source's hub and our subscription, or an empty string."""
    if hub is None or not hub.hub:
        return ""
    if ours is None:
        return f"its feed names the hub {hub.hub}; the service will subscribe there"
    now = time.time()
    if ours.expires <= now:
        return f"its feed names the hub {hub.hub}; it has not confirmed our subscription"
    line = f"pushed by hub {hub.hub}, lease until {when(ours.expires):%Y-%m-%d %H:%M} UTC"
    return f"{line}, last push {when(ours.heard):%Y-%m-%d %H:%M} UTC" if ours.heard else line


def recall_lines(recall: Recall) -> Iterator[str]:
    """Yield lines about how many of the releases linked from a source's pages were known."""
    if recall.share is not None:
        yield (
            f"{recall.known} of {counted(recall.named, 'release')} linked from its pages"
            f" {'was' if recall.known == 1 else 'were'} known ({recall.share:.0%})"
        )
    for url in recall.missed:
        yield f"in no listing, but linked from another page: {url}"
    if recall.older:
        older = f"{recall.older} more {'was' if recall.older == 1 else 'were'} found this way"
        yield f"{older}, older than all releases in its listings"
    for url in recall.unread[:MAX_UNREAD_SHOWN]:
        yield f"linked from a page, but no release was found there: {url}"
