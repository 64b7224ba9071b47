"""Log of public events: changes to releases and sources, in the order of commits.

A method that changes a release appends events in the same transaction. Consumers of the log store
the cursor of the last event that they handled. Events contain no text of releases.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from data.clock import instant
from data.errors import StoreError
from data.models import (
    RELEASE_KINDS,
    ChangeCursor,
    Consumer,
    ConsumerLag,
    Event,
    EventKind,
    Facet,
    ReleaseChange,
    ReleaseEvent,
    ReleaseSummary,
)
from data.store.shared_sql.connection import Part
from data.store.shared_sql.facets import PARTS, FacetsPart, dirty_feeds, keys_of_row
from data.store.shared_sql.rows import (
    FILED,
    REDACTED_ROW,
    RELEASE_COLUMNS,
    SHOWN_VIEW,
    SUMMARY,
    release_of,
)
from data.topics.facets import facet_of

BEFORE_ALL: Final[ChangeCursor] = (0, 0)
"""Cursor before the first event."""

OF_RELEASES: Final = f"kind IN ({', '.join(map(repr, RELEASE_KINDS))})"
"""SQL condition for events about releases. These events are never deleted."""

RETENTION_SECONDS: Final = 7 * 86_400
"""Age in seconds at which events are deleted once all consumers have handled them. Changes of
releases are never deleted."""

MAX_LAG_SECONDS: Final = 30 * 86_400
"""Age in seconds at which events are deleted even if not all consumers have handled them. Changes
of releases are never deleted."""

MAX_PROBLEM_CHARACTERS: Final = 300
"""Maximum length in characters of the stored description of a consumer's error."""

ALERTS: Final = Consumer("alerts", "e.seen IS NOT NULL")

SHOWING_KINDS: Final = ("hidden", "shown")
"""Kinds of events that change whether readers see a release."""


def of_kinds(*kinds: EventKind) -> str:
    """Return an SQL condition that an event ``e`` has one of these kinds."""
    return f"e.kind IN ({', '.join(map(repr, kinds))})"


SEARCH_INDEX: Final = Consumer(
    "search index",
    of_kinds("new", "edit", "reading", "retraction", "return", "redaction", "update", "moved"),
)


PUBLISHING: Final = Consumer(
    "publishing", of_kinds(*RELEASE_KINDS, "moved", "registered", "removed")
)

STATE_KINDS: Final = of_kinds("moved", "registered", "removed")
"""SQL condition for events that publishing handles although they are not changes of releases."""

WEBSUB: Final = Consumer("WebSub", of_kinds(*RELEASE_KINDS, "moved"))
"""Consumer for feeds on request that have subscribers. Only sites with their own hub use it."""

DEPOSITS: Final = Consumer("deposits", f"{of_kinds('new', 'edit')} AND e.seen IS NOT NULL")
"""Consumer that deposits versions at other archives, if the settings list any."""

CONSUMERS: Final = (SEARCH_INDEX, ALERTS, PUBLISHING)
"""Consumers of events on every site."""


def waiting(consumer: Consumer) -> str:
    """Return an SQL condition that a consumer has not yet handled an event ``e``."""
    return (
        f"e.number > (SELECT coalesce(max(c.number), 0) FROM consumers c"
        f" WHERE c.name = '{consumer.name}') AND {consumer.where}"
    )


LAGS: Final = " UNION ALL ".join(
    f"SELECT CAST('{one.name}' AS TEXT), count(*), min(e.at),"
    f" (SELECT max(c.problem) FROM consumers c WHERE c.name = '{one.name}')"
    f" FROM events e WHERE {waiting(one)} HAVING {used}"
    for one, used in (
        *((one, "1 = 1") for one in CONSUMERS),
        (DEPOSITS, f"EXISTS (SELECT 1 FROM consumers WHERE name = '{DEPOSITS.name}')"),
    )
)
"""SQL query for the rows from which `lags_of` computes the lag of each consumer."""


def lags_of(rows: Iterable[tuple[str, int, float | None, str | None]]) -> Sequence[ConsumerLag]:
    """Return the lag of each consumer behind the newest event, from the rows of `LAGS`."""
    return [
        ConsumerLag(name, count, None if since is None else instant(since), problem or "")
        for name, count, since, problem in rows
    ]


FILED_EVENTS: Final = (
    f"SELECT DISTINCT r.source, {FILED}, e.payload FROM events e"
    " JOIN releases r ON r.number = e.release WHERE e.number > :number AND e.kind <> 'gone'"
    # Pages and entries of a release show the other releases of its story.
    f" UNION SELECT s.source, {FILED}, '{{}}' FROM {SHOWN_VIEW} s WHERE s.story IN"
    " (SELECT r.story FROM events e JOIN releases r ON r.number = e.release WHERE"
    f" e.number > :number AND {of_kinds('edit', 'reading', 'redaction', *SHOWING_KINDS, 'update')})"
    # Feeds contain whether their source is still collected.
    " UNION SELECT e.source, '[]', '', NULLIF(f.section, ''), CAST(NULL AS TEXT), '{}'"
    " FROM events e JOIN facets f ON f.source = e.source AND f.topic = ''"
    f" WHERE e.number > :number AND {of_kinds('registered', 'removed')}"
)
"""SQL for the rows of `facets.dirty_feeds`: events after a number with their releases."""

WITHHELD_FEEDS: Final = f"""
    WITH withheld AS (SELECT DISTINCT r.number, r.story FROM events e
        JOIN releases r ON r.number = e.release
        WHERE e.number > :number AND {of_kinds("redaction", *SHOWING_KINDS)}),
    members AS (SELECT number FROM withheld UNION SELECT r.number FROM releases r
        WHERE r.story IN (SELECT story FROM withheld))
    SELECT {PARTS} FROM archived_feeds f WHERE EXISTS (SELECT 1 FROM archive_pages a
        WHERE a.feed = f.number AND a.release IN (SELECT number FROM members))
"""
"""SQL for the facets of `withheld_feeds`."""


class EventsPart(Part):
    """Methods of the store for the log of events."""

    def release_events(
        self, after: ChangeCursor | None = None, *, limit: int
    ) -> tuple[ReleaseEvent, ...] | None:
        """Return up to ``limit`` changes after a cursor, or from the first change, oldest first.

        Returns None if the cursor is not from this store, for example because the store was
        restored from an older copy or rebuilt. Later commits always have later cursors, and changes
        are never deleted.
        """
        number, _ = after = after or BEFORE_ALL
        if after != BEFORE_ALL and not self.has_event(after):
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
        """Return the cursor of the last change. It advances with every visible change."""
        return self._last(OF_RELEASES)

    def change_cursor(self) -> ChangeCursor:
        """Return the cursor of the last event. Call this before reading the current state."""
        return self._last("1 = 1")

    def last_event(self, consumer: Consumer) -> ChangeCursor:
        """Return the cursor of the last event that a consumer handles."""
        return self._last(consumer.where)

    def _last(self, where: str) -> ChangeCursor:
        rows = self._ask(
            f"SELECT e.number, e.mark FROM events e WHERE {where} ORDER BY e.number DESC LIMIT 1"
        )
        return rows[0] if rows else BEFORE_ALL

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """Return the releases that changed since a cursor, by id, possibly with later changes.

        Returns None if the changes can't be determined: if there are more than ``limit``, the
        cursor is too old, or the store was restored from a copy since then.
        """
        if not self.has_event(since):
            return None
        rows = self._ask(
            f"SELECT {SUMMARY},"
            f" EXISTS (SELECT 1 FROM hidden_releases h WHERE h.release = r.number), {FILED}"
            " FROM (SELECT DISTINCT release FROM events WHERE number > :number"
            f" AND release IS NOT NULL AND kind <> 'gone' LIMIT :limit) c"
            " JOIN releases r ON r.number = c.release",
            {"number": since[0], "limit": limit + 1},
        )
        if len(rows) > limit:
            return None
        found = {}
        for id_, source, version, order, story, is_hidden, *filed in rows:
            keys = () if is_hidden else keys_of_row((source, *filed))
            facets = frozenset(facet_of(*key) for key in keys)
            shown = ReleaseSummary(id_, source, version, order, story)
            found[id_] = ReleaseChange(shown, facets)
        return found

    def dirty_feeds(self, since: ChangeCursor | None) -> frozenset[Facet]:
        """Return the facets whose feeds and pages changed since a cursor.

        Returns all facets if this store has no such cursor.
        """
        if since is None or not self.has_event(since):
            return FacetsPart(self._connection).known_facets()
        return dirty_feeds(self._ask(FILED_EVENTS, {"number": since[0]}))

    def withheld_feeds(self, since: ChangeCursor | None) -> frozenset[Facet]:
        """Return the facets whose archive pages contain releases hidden or redacted since a cursor.

        Releases that were shown again are included. So are archive pages with other releases of the
        same story, because they contain the titles of its releases. If this store has no such
        cursor, all events are considered.
        """
        number = since[0] if since and self.has_event(since) else 0
        rows = self._ask(WITHHELD_FEEDS, {"number": number})
        return frozenset(facet_of(*row) for row in rows)

    def cursor_of(self, consumer: Consumer) -> ChangeCursor | None:
        """Return the cursor of the last event that a consumer handled, or None."""
        rows = self._ask(
            "SELECT e.number, e.mark FROM events e JOIN consumers c ON c.number = e.number"
            " WHERE c.name = ?",
            [consumer.name],
        )
        return rows[0] if rows else None

    def waiting_events(self, consumer: Consumer, *, limit: int) -> Sequence[Event]:
        """Return the first ``limit`` events that a consumer has not yet handled."""
        rows = self._ask(
            f"SELECT e.number, e.kind, CASE WHEN {REDACTED_ROW} THEN '' ELSE"
            " coalesce(r.id, '') END, e.revision, e.source, e.at, e.seen, e.backlog, e.payload"
            " FROM events e LEFT JOIN releases r ON r.number = e.release"
            f" WHERE {waiting(consumer)} ORDER BY e.number LIMIT ?",
            [limit],
        )
        return [
            Event(
                *(number, kind, release, revision, source, instant(at)),
                None if seen is None else instant(seen),
                bool(backlog),
                payload,
            )
            for number, kind, release, revision, source, at, seen, backlog, payload in rows
        ]

    def consume(
        self, consumer: Consumer, handle: Callable[[Sequence[Event]], None], *, limit: int
    ) -> int:
        """Pass up to ``limit`` waiting events to the function ``handle``, and return their number.

        The writes of ``handle`` and the cursor of the consumer are one transaction. If ``handle``
        raises an error, only this error is stored, for operators.
        """
        if not self.waiting_events(consumer, limit=1):
            return 0
        try:
            with self._writing():
                events = self.waiting_events(consumer, limit=limit)
                if events:
                    handle(events)
                    self.pass_events(consumer, events[-1].number)
        except Exception as error:
            self.note_failure(consumer, error)
            raise
        return len(events)

    def pass_events(self, consumer: Consumer, last: int) -> None:
        """Record that a consumer has handled all events up to number ``last``.

        If ``last`` is 0, the consumer handles all events again.
        """
        self._upsert("consumers", {"name": consumer.name, "number": last, "problem": ""})

    def skip_events(self, consumer: Consumer) -> None:
        """Mark all events as handled by a consumer, without passing them to it."""
        self.pass_events(consumer, self.change_cursor()[0])

    def note_failure(self, consumer: Consumer, error: Exception) -> None:
        """Store the error of a consumer, if the store is writable."""
        with suppress(StoreError), self._writing() as db:
            db.execute(
                "INSERT INTO consumers (name, number, problem) VALUES (?, 0, ?)"
                " ON CONFLICT (name) DO UPDATE SET problem = excluded.problem",
                [consumer.name, f"{type(error).__name__}: {error}"[:MAX_PROBLEM_CHARACTERS]],
            )

    def consumer_lags(self) -> Sequence[ConsumerLag]:
        """Return the lag of each consumer behind the newest event."""
        return lags_of(self._ask(LAGS))

    def forget_old_events(self, now: float) -> None:
        """Delete events that are not changes of releases after seven days, except the last event.

        Events that a consumer has not handled are kept for 30 days. Of the kinds in
        ``STATE_KINDS``, the last event of each source and release is kept, because home directories
        have cursors that are not in the store.
        """
        handled = min(one[0] for one in self._ask("SELECT min(number) FROM consumers") or [(0,)])
        self._write(
            f"DELETE FROM events WHERE NOT {OF_RELEASES} AND (at < ? OR at < ? AND number < ?)"
            " AND number < (SELECT max(number) FROM events) AND number NOT IN (SELECT"
            f" max(e.number) FROM events e WHERE {STATE_KINDS} GROUP BY e.kind, e.source,"
            " e.release)",
            [now - MAX_LAG_SECONDS, now - RETENTION_SECONDS, handled or 0],
        )

    def has_event(self, cursor: ChangeCursor) -> bool:
        """Return whether the log has an event with the number and random mark of a cursor."""
        return self._ask("SELECT number, mark FROM events WHERE number = ?", [cursor[0]]) == [
            cursor
        ]
