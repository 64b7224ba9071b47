"""Visits as a line of letters, after each of which the health of sources is noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from data.health.health_changes import note_health_events
from data.models import Run, RunError, Source, VisitFacts
from data.store.core.store import Store

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)

KINDS = {
    "x": ("http:500", "the server responded with 500"),
    "b": ("http:403", "the server responded with 403"),
    "n": ("dns", "its host name leads nowhere"),
    "i": ("interrupted", "the visit was stopped before its end"),
}
"""Errors of a visit, by letter. A dot is a visit without any, ``d`` one to a degraded source."""


def run(source: str, at: dt.datetime, letter: str) -> Run:
    if letter == ".":
        return Run(source, at, 1.0, pages=1, found=1, unchanged=1)
    if letter == "d":
        stale = RunError(f"http://{source}.example/feed", "stale", "the feed ends on 2026-02-20")
        return replace(run(source, at, "."), errors=(stale,), facts=VisitFacts())
    kind, message = KINDS[letter]
    error = RunError(f"http://{source}.example/", kind, message)
    return Run(source, at, 1.0, errors=(error,))


def register(store: Store, *names: str) -> None:
    for name in names:
        store.register(Source(name, name.title(), f"http://{name}.example/"))


def visit(
    store: Store,
    letters: str,
    *,
    source: str = "harbour",
    start: dt.datetime = MONDAY,
    every: dt.timedelta = QUARTER,
    further: int = 2,
) -> None:
    """Visits one after the other, after each of which health is noted."""
    register(store, source)
    for number, letter in enumerate(letters):
        store.add_run(run(source, start + number * every, letter))
        note_health_events(store, further=further, now=MONDAY)


def told(store: Store) -> list[tuple[int, str]]:
    """What was told: after which visit of every quarter of an hour, and of which state."""
    events = store.health_events(limit=99)
    return [(round((one.at - MONDAY) / QUARTER), one.state) for one in events]


HOSTS = ("acme", "harbour", "port", "wire")


def round_of(
    store: Store, letters: Mapping[str, str], first: int, count: int, further: int = 2
) -> None:
    """So many rounds of visits to some sources, a minute apart; health is noted after each."""
    register(store, *letters)
    for number in range(first, first + count):
        for name, letter in letters.items():
            store.add_run(run(name, MONDAY + number * MINUTE, letter))
            note_health_events(store, further=further, now=MONDAY)


def events(store: Store) -> list[tuple[str, str, str]]:
    return [(one.source, one.state, one.code) for one in store.health_events(limit=99)]


def alerts(store: Store) -> list[str]:
    """The states in alerts that are queued."""
    return [one.health.state for one in store.queued_events(limit=99) if one.health]
