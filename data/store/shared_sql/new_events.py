"""Append events to the log of public events, in the transaction of the change that they report."""

import datetime as dt
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from data.models import EventKind, Release, SourceKind
from data.store.shared_sql.connection import Connection, Database
from data.store.shared_sql.facets import payload_of_change
from data.store.shared_sql.rows import encode

ALERTED_KINDS: Final = frozenset[EventKind](
    ("new", "edit", "retraction", "return", "gone", "health")
)
"""Kinds of events that watches may report."""


class NewEvent(NamedTuple):
    """A new row of the table ``events``, without its number and random mark.

    Times are in seconds since 1970.
    """

    kind: EventKind
    release: int | None
    revision: int
    source: str
    at: float
    seen: float | None = None
    backlog: int = 0
    payload: str = "{}"


def append_changes(
    connection: Connection,
    number: int,
    old: Release | None,
    new: Release,
    *,
    seen: dt.datetime | None,
    backlog: bool,
) -> None:
    """Append the events of a recorded release. ``old`` is its earlier state, or None if it is new.

    A change that readers do not see causes no events. ``seen`` is the time for alerts, or None if
    no alert is sent.
    """
    at, payload = time.time(), payload_of_change(old, new)
    connection.unit.publish(
        *(
            NewEvent(
                *(kind, number, new.revision, new.source, at),
                seconds_of(seen) if kind in ALERTED_KINDS else None,
                int(backlog),
                payload,
            )
            for kind in kinds_of_change(old, new)
        )
    )


def kinds_of_change(old: Release | None, new: Release) -> Sequence[EventKind]:
    """Return the kinds of events for the change of a release from ``old`` to ``new``.

    If only the provenance of values changed, such as the rule that found the title, the kind is
    ``moved``: pages show the provenance, but API clients and alerts don't.
    """
    if old is None:
        return ("new", "retraction") if new.retracted else ("new",)
    found: list[EventKind] = []
    if bool(old.retracted) != bool(new.retracted):
        found.append("retraction" if new.retracted else "return")
    if new.revision != old.revision:
        found.append("reading" if new.reread else "edit")
    if not found and _without_provenance(old) != _without_provenance(new):
        found.append("update")
    elif not found and old.content != new.content:
        found.append("moved")
    return found


def _without_provenance(release: Release) -> tuple[object, ...]:
    """Return the properties of a release whose changes an ``update`` event reports."""
    published = replace(release.published, raw="", rule="")
    content = replace(release.content, published=published, title_rule="", body_rule="")
    return release.source, release.url, release.updated, release.story, release.order, content


def drawn_version() -> int:
    """Return a random version number for a release whose appearance changed.

    A store that was restored from a copy would reuse consecutive numbers for other content.
    """
    return secrets.randbits(53)


def seconds_of(at: dt.datetime | None) -> float | None:
    """Return a time in seconds since 1970, or None."""
    return None if at is None else at.timestamp()


def append_events(
    connection: Connection,
    kind: EventKind,
    releases: Iterable[int],
    *,
    seen: dt.datetime | None = None,
    backlog: bool = False,
) -> None:
    """Append one event for each of these releases, whose visible state changed.

    ``releases`` contains their numbers. Call this after the releases are written, because events
    contain their current revision. ``seen`` is the time for alerts, or None if no alert is sent.
    Events with ``backlog`` cause alerts only from watches that include backlog.
    """
    at = time.time()
    rows = connection.ask(
        "UPDATE releases SET version = ? WHERE number IN"
        " (SELECT CAST(value AS BIGINT) FROM json_each(?)) RETURNING number, revision, source",
        [drawn_version(), encode([*releases])],
    )
    connection.unit.publish(
        *(
            NewEvent(kind, number, revision, source, at, seconds_of(seen), int(backlog))
            for number, revision, source in sorted(rows)
        )
    )


def append_event(
    connection: Connection,
    kind: EventKind,
    release_id: str,
    *,
    seen: dt.datetime | None = None,
    backlog: bool = False,
) -> None:
    """Append one event for a release with an id (see `append_events`)."""
    rows = connection.ask("SELECT number FROM releases WHERE id = ?", [release_id])
    append_events(connection, kind, [number for (number,) in rows], seen=seen, backlog=backlog)


def append_source_event(connection: Connection, kind: SourceKind, source: str) -> None:
    """Append an event about a source."""
    connection.unit.publish(NewEvent(kind, None, 0, source, time.time()))


def enter_events(db: Database, events: Iterable[NewEvent]) -> None:
    """Write the events of one transaction in order, at its end."""
    db.executemany(
        "INSERT INTO events (kind, release, revision, source, at, seen, backlog, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        events,
    )
