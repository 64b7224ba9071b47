"""Stored events, newest first, for trying out a watch."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from data.models import NO_EDIT, AlertKind, EditClasses, Facet, Release
from data.revisions.stored_difference import stored_classes
from data.store.core.store import Store
from data.watches.matching import AlertEvent, release_event


@dataclass(frozen=True, slots=True)
class Happening:
    """A stored event, its time (aware UTC), and the id and title of its release.

    ``backlog`` is true if the release was not news when it was found. The event itself never has
    this flag, so that a trial can include backlog.
    """

    event: AlertEvent
    at: dt.datetime
    release: str
    title: str
    backlog: bool = False


def recent_happenings(store: Store, *, limit: int) -> Iterator[Happening]:
    """Yield recent stored events, newest first of each kind, for trying out a watch."""
    found = [*store.releases(Facet(), limit=limit)]
    news = store.news_of([one.id for one in found])
    for release in found:
        searched, is_backlog = store.with_file_texts(release), release.id not in news
        yield from _of("release", searched, release.first_seen, backlog=is_backlog)
    for revision in store.edits(limit=limit):
        if edited := store.release(revision.release):
            edit = stored_classes(revision.difference) if revision.difference else NO_EDIT
            shown = replace(edited, content=revision.content)
            yield from _of("edit", shown, revision.seen, edit)
    for release in store.retractions(limit=limit):
        yield from _of("retraction", release, release.retracted or release.updated)
    for one in store.returns(limit=limit):
        if back := store.release(one.release):
            yield from _of("return", back, one.until)
    yield from _of_sources(store, limit)


def _of_sources(store: Store, limit: int) -> Iterator[Happening]:
    for source in store.sources():
        for vanished in store.vanished(source):
            if gone := store.release(vanished.id):
                yield from _of("gone", gone, vanished.since)
    for event in store.health_events(limit=limit):
        whose = "" if event.source else "our own network: "
        title = whose + (event.reason or "it works again")
        yield Happening(AlertEvent("health", event.source), event.at, "", title)


def _of(
    kind: AlertKind,
    release: Release,
    at: dt.datetime,
    edit: EditClasses = NO_EDIT,
    *,
    backlog: bool = False,
) -> Iterator[Happening]:
    if event := release_event(kind, release, edit=edit):
        yield Happening(event, at, release.id, release.content.title, backlog)
