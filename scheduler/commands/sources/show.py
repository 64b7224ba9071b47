"""communique sources show: all that is known of one source."""

from __future__ import annotations

from contextlib import closing

import click
import msgspec

from data.clock import utc_now, zone_or_utc
from data.errors import UnknownSource
from data.health.latency import MAX_RELEASES, latencies, latency_fields, latency_line
from data.models import Run
from data.store.protocol import Store
from data.store.public_view import public_view, without_secrets
from data.text.redaction import redacted, redacted_toml
from data.text.source_secrets import Secrets
from data.topics.taxonomy import load_taxonomy
from data.wording import counted
from feeds.websub.feed_subscriber import hub_state
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home
from scheduler.planning.planner import NextVisit, VisitPlanner
from scheduler.sources.changes import check_known
from scheduler.sources.drift import DriftGuard
from scheduler.sources.handlings import (
    handled_fields,
    paused_sources,
    why_line,
)
from scheduler.sources.health import home_health
from scheduler.terminal.source_facts import push_fields, push_line, recall_fields, recall_lines
from spiders.learning.template import decode_template, described
from spiders.sources.loader import LoadedSource, choose, load_source, load_sources

LAST_RUNS = 5
"""Visits of a source that are shown."""

FEW = 0.005
"""Releases an hour below which people are told no number."""


@click.command()
@click.argument("source")
@as_json
@with_home
def show(home: Home, *, source: str, as_json: bool) -> int:
    """Show the file of a source, what was learned from its pages, and its last visits."""
    try:
        one = load_source(home.sources, source)
    except UnknownSource:
        if not home.has_store:
            raise
        return show_stored(home, source, as_json=as_json)
    return show_file(home, one, as_json=as_json)


def show_file(home: Home, one: LoadedSource, *, as_json: bool) -> int:
    """Show a source with a source file; return the exit code. Raises StoreError."""
    secrets = Secrets((one.file.url, one.file.feed or ""))
    store = public_view(home.store())
    runs = store.runs(one.id, limit=LAST_RUNS)
    recall = store.recall(one.id)
    learned = [found for text in store.templates(one.id) if (found := decode_template(text))]
    due = next_visit(home, store, one)
    held = DriftGuard(home, store, load_taxonomy(home.topics)).kept(one.id).why(one.id)
    hub, subscription = hub_state(store, one.id)
    late = latencies(store.release_times(one.id, limit=MAX_RELEASES))
    how = next((found for found in home_health(home, store) if found.source == one.id), None)
    store.close()
    if as_json:
        print_json(
            without_secrets(
                {
                    "id": one.id,
                    "path": str(one.path),
                    **msgspec.to_builtins(one.file),
                    "url": redacted(one.file.url),
                    "feed": one.file.feed and redacted(one.file.feed),
                    "health": how and handled_fields(how),
                    "learned": learned,
                    "recall": recall_fields(recall),
                    "held_back": held or None,
                    "next_visit": due and {**msgspec.to_builtins(due), "why": due_line(due, one)},
                    "pushed": push_fields(hub, subscription),
                    "latency": latency_fields(late),
                    "runs": runs,
                },
                secrets,
            )
        )
        return 0
    say(f"# {one.path}")
    say(*secrets.hidden(redacted_toml(one.path.read_text("utf-8"))).rstrip().split("\n"))
    if how:
        say(f"# {how.condition} ({how.code}): {why_line(how)}")
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
        say(run_line(run))
    return 0


def show_stored(home: Home, source: str, *, as_json: bool) -> int:
    """Show what the store knows about a source without a source file; return the exit code.

    Raises UnknownSource, RenamedSource and StoreError.
    """
    with closing(public_view(home.plain_store())) as store:
        check_known(store, source, load_sources(home.sources)[0])
        one = store.sources()[source]
        how = next((found for found in home_health(home, store) if found.source == source), None)
        runs = store.runs(source, limit=LAST_RUNS)
        removed = store.removed_sources().get(source)
    if as_json:
        fields = msgspec.to_builtins(one)
        health = how and handled_fields(how)
        removed_at = removed and removed.at
        print_json({**fields, "path": None, "health": health, "removed": removed_at, "runs": runs})
        return 0
    say(f"id: {one.id}", f"name: {one.name}", f"url: {one.url}", "file: none")
    if removed:
        say(f"# removed on {removed.at:%Y-%m-%d}")
    if how:
        say(f"# {how.condition} ({how.code}): {why_line(how)}")
    for run in runs:
        say(run_line(run))
    return 0


def run_line(run: Run) -> str:
    """A visit and what it found, for people."""
    return (
        f"# {run.started:%Y-%m-%d %H:%M} UTC: {run.found} found, {run.new} new,"
        f" {run.changed} changed, {counted(len(run.errors), 'error')},"
        f" history {run.history}{f' {run.bound}' if run.bound else ''}"
    )


def next_visit(home: Home, store: Store, one: LoadedSource) -> NextVisit | None:
    """When the service visits a source next; None if it was never visited, or never is."""
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
