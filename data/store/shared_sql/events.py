"""The log of public events: what happened to releases, in the order of commits.

The methods that change a release append its events here, in their own transaction. Followers of
the log save the cursor of the last event that they handled. Events contain no text of releases.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from data.models import (
    RELEASE_KINDS,
    ChangeCursor,
    EventKind,
    Facet,
    Release,
    ReleaseChange,
    ReleaseEvent,
    ReleaseSummary,
)
from data.store.shared_sql.database.connection import Connection, Database, Part
from data.store.shared_sql.database.rows import (
    FILED,
    RELEASE_COLUMNS,
    SUMMARY,
    encode,
    instant,
    release_of,
)
from data.topics.facets import facets_at

BEFORE_ALL: Final[ChangeCursor] = (0, 0)
"""Cursor before the first event."""

OF_RELEASES: Final = f"kind IN ({', '.join(map(repr, RELEASE_KINDS))})"
"""SQL condition for events that are kept forever."""

RETENTION_SECONDS: Final = 7 * 86_400
"""Time in seconds for which all other events are kept."""


class NewEvent(NamedTuple):
    """A row of the log without its number and mark; ``at`` is in seconds since 1970."""

    kind: EventKind
    release: int
    revision: int
    source: str
    at: float


class EventsPart(Part):
    """The methods that return events in order."""

    def release_events(
        self, after: ChangeCursor | None = None, *, limit: int
    ) -> tuple[ReleaseEvent, ...] | None:
        """Return up to ``limit`` changes after a cursor, or from the first one, oldest first.

        Return None if this store has no such cursor. This happens if the store was restored from an
        older copy or rebuilt. Later commits always have later cursors, and no change is ever
        deleted.
        """
        number, _ = after = after or BEFORE_ALL
        if after != BEFORE_ALL and not self._has_event(after):
            return None
        rows = self._ask(
            f"SELECT {RELEASE_COLUMNS}, e.number, e.mark, e.kind, e.revision, e.at"
            " FROM events e JOIN releases r ON r.number = e.release"
            f" WHERE e.number > ? AND e.{OF_RELEASES} ORDER BY e.number LIMIT ?",
            [number, limit],
        )
        return tuple(
            ReleaseEvent((place, mark), kind, revision, instant(at), release_of(columns))
            for *columns, place, mark, kind, revision, at in rows
        )

    def last_release_event(self) -> ChangeCursor:
        """Return the cursor of the last change; it advances with every visible change."""
        rows = self._ask(
            f"SELECT number, mark FROM events WHERE {OF_RELEASES} ORDER BY number DESC LIMIT 1"
        )
        return rows[0] if rows else BEFORE_ALL

    def change_cursor(self) -> ChangeCursor:
        """Return the cursor of the last event; call this before reading the state itself."""
        rows = self._ask("SELECT number, mark FROM events ORDER BY number DESC LIMIT 1")
        return rows[0] if rows else BEFORE_ALL

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """Return the releases that changed since a cursor, by id; they may include later changes.

        Return None if the changes can't be determined: there are more than ``limit``, the cursor is
        too old, or the store was restored from a copy since then.
        """
        if not self._has_event(since):
            return None
        rows = self._ask(
            f"SELECT {SUMMARY},"
            f" EXISTS (SELECT 1 FROM hidden_releases h WHERE h.release = r.number), {FILED}"
            " FROM (SELECT DISTINCT release FROM events WHERE number > :number LIMIT :limit) c"
            " JOIN releases r ON r.number = c.release",
            {"number": since[0], "limit": limit + 1},
        )
        if len(rows) > limit:
            return None
        found = {}
        for *summary, is_hidden, topics, day, section, language in rows:
            shown = ReleaseSummary(*summary)
            facets = frozenset[Facet]()
            if not is_hidden:
                slugs = msgspec.json.decode(topics, type=list[str])
                facets = facets_at(shown.source, slugs, day, section, language)
            found[shown.id] = ReleaseChange(shown, facets)
        return found

    def forget_old_events(self, now: float) -> None:
        """Delete events that are not changes after seven days, except the last event."""
        with self._writing() as db:
            db.execute(
                f"DELETE FROM events WHERE NOT {OF_RELEASES} AND at < ?"
                " AND number < (SELECT max(number) FROM events)",
                [now - RETENTION_SECONDS],
            )

    def _has_event(self, cursor: ChangeCursor) -> bool:
        """Return whether the log has an event with this number and mark."""
        return self._ask("SELECT number, mark FROM events WHERE number = ?", [cursor[0]]) == [
            cursor
        ]


def append_changes(connection: Connection, number: int, old: Release | None, new: Release) -> None:
    """Append the events of a recorded release; ``old`` is its state before, or None if it is new.

    Call this only if readers see a difference.
    """
    at = time.time()
    connection.unit.publish(
        *(
            NewEvent(kind, number, new.revision, new.source, at)
            for kind in kinds_of_change(old, new)
        )
    )


def kinds_of_change(old: Release | None, new: Release) -> Sequence[EventKind]:
    """Return the kinds of the events that lead from one state of a release to another."""
    if old is None:
        return ("new", "retraction") if new.retracted else ("new",)
    found: list[EventKind] = []
    if bool(old.retracted) != bool(new.retracted):
        found.append("retraction" if new.retracted else "return")
    if new.revision != old.revision:
        found.append("reading" if new.reread else "edit")
    return found or ("update",)


def drawn_version() -> int:
    """Return a random number for the releases that a change makes look different.

    A store that was restored from a copy would repeat counted numbers for other content.
    """
    return secrets.randbits(53)


def append_events(connection: Connection, kind: EventKind, releases: Iterable[int]) -> None:
    """Append one event for each of these releases, given by number, whose visible state changed.

    Call this after the release is written, because events have its present revision.
    """
    at = time.time()
    rows = connection.ask(
        "UPDATE releases SET version = ? WHERE number IN"
        " (SELECT CAST(value AS BIGINT) FROM json_each(?)) RETURNING number, revision, source",
        [drawn_version(), encode([*releases])],
    )
    connection.unit.publish(
        *(NewEvent(kind, number, revision, source, at) for number, revision, source in sorted(rows))
    )


def enter_events(db: Database, events: Iterable[NewEvent]) -> None:
    """Write the events of one transaction in their order, at its end."""
    db.executemany(
        "INSERT INTO events (kind, release, revision, source, at, backlog, payload)"
        " VALUES (?, ?, ?, ?, ?, 0, '{}')",
        events,
    )
