"""What happened of late, as the store remembers it: to try a watch on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from data.models import AlertKind, Facet, Release
from data.store.protocol import Store
from data.watches.match import AlertEvent, release_event


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, when it was (aware UTC), and the id and the title of what it happened to."""

    event: AlertEvent
    at: dt.datetime
    release: str
    title: str


def recent_happenings(store: Store, *, limit: int) -> Iterator[Happening]:
    """The newest releases, edits, retractions and changes of health, at most so many of each.

    All releases that are gone, unconfirmed, are among them.
    """
    for release in store.releases(Facet(), limit=limit):
        yield from _of("release", release, release.first_seen)
    for revision in store.edits(limit=limit):
        if edited := store.release(revision.release):
            yield from _of("edit", replace(edited, content=revision.content), revision.seen)
    for release in store.retractions(limit=limit):
        yield from _of("retraction", release, release.retracted or release.updated)
    for source in store.sources():
        for vanished in store.vanished(source):
            if gone := store.release(vanished.id):
                yield from _of("gone", gone, vanished.since)
    for event in store.health_events(limit=limit):
        whose = "" if event.source else "our own network: "
        title = whose + (event.reason or "it works again")
        yield Happening(AlertEvent("health", event.source), event.at, "", title)


def _of(kind: AlertKind, release: Release, at: dt.datetime) -> Iterator[Happening]:
    if event := release_event(kind, release):
        yield Happening(event, at, release.id, release.content.title)
