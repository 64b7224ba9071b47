"""Alerts: events for the watches, and deliveries to recipients."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

import msgspec

from data.models import (
    AlertDelivery,
    AlertKind,
    AlertMessage,
    AlertState,
    Event,
    HealthEvent,
    QueuedEvent,
    message_key,
)
from data.store.shared_sql.connection import Part
from data.store.shared_sql.events import ALERTS, EventsPart, waiting
from data.store.shared_sql.rows import encode

RETENTION_SECONDS: Final = 90 * 86_400
"""Time in seconds for which receipts, dead deliveries and waiting events are kept."""

COLUMNS: Final = "key, watch, output, body, made, due, state, attempts, problem, message"


class AlertsPart(Part):
    """Methods of the store for alerts: events to compare with watches, and deliveries."""

    def queued_events(self, *, limit: int) -> Sequence[QueuedEvent]:
        """Return the first ``limit`` events that have not been matched with watches yet.

        The event of a redacted release contains no release, so no watch matches it.
        """
        return [
            queued_event(one)
            for one in EventsPart(self._connection).waiting_events(ALERTS, limit=limit)
        ]

    def settle_events(self, last: int, deliveries: Iterable[AlertDelivery]) -> None:
        """Store the deliveries for all events up to number ``last``, and mark these as handled.

        Everything is stored in one transaction. A delivery whose key is already stored is not
        changed.
        """
        with self._writing() as db:
            db.executemany(
                "INSERT INTO alert_deliveries"
                " (key, watch, output, body, state, made, due, release) VALUES"
                " (?, ?, ?, ?, ?, ?, ?, (SELECT number FROM releases WHERE id = ?))"
                " ON CONFLICT DO NOTHING",
                [
                    (
                        *(one.key, one.watch, one.output, one.body, one.state),
                        *(one.made, one.due, one.release),
                    )
                    for one in deliveries
                ],
            )
            EventsPart(self._connection).pass_events(ALERTS, last)

    def forget_events(self) -> None:
        """Mark all events so far as handled, without sending alerts."""
        EventsPart(self._connection).skip_events(ALERTS)

    def waiting_outputs(self, now: float) -> Sequence[tuple[str, str]]:
        """Return the watches and outputs that have due deliveries, longest waiting first."""
        rows = self._ask(
            "SELECT watch, output, min(due) FROM alert_deliveries WHERE state = 'waiting'"
            " AND due <= ? GROUP BY watch, output ORDER BY min(due)",
            [now],
        )
        return [(watch, output) for watch, output, _ in rows]

    def next_message(
        self, watch: str, output: str, now: float, *, most: int
    ) -> AlertMessage | None:
        """Return the next message of an output, or None if no delivery is due.

        The message contains up to ``most`` due deliveries. Deliveries that were grouped for an
        attempt stay together.
        """
        waiting = "state = 'waiting' AND watch = ? AND output = ? AND due <= ?"
        first = self._ask(
            f"SELECT message FROM alert_deliveries WHERE {waiting} ORDER BY due LIMIT 1",
            [watch, output, now],
        )
        if not first:
            return None
        ((key,),) = first
        if not key:
            rows = self._ask(
                f"SELECT key FROM alert_deliveries WHERE {waiting} AND message = ''"
                " ORDER BY rowid LIMIT ?",
                [watch, output, now, most],
            )
            keys = [own for (own,) in rows]
            key = message_key(keys)
            self._write(
                "UPDATE alert_deliveries SET message = ?"
                " WHERE key IN (SELECT value FROM json_each(?))",
                [key, encode(keys)],
            )
        found = self._ask(
            f"SELECT {COLUMNS} FROM alert_deliveries"
            " WHERE message = ? AND state = 'waiting' ORDER BY rowid",
            [key],
        )
        return AlertMessage(key, watch, output, tuple(AlertDelivery(*row) for row in found))

    def mark_message_delivered(
        self, key: str, at: float, receipts: Mapping[str, bytes] | None = None
    ) -> None:
        """Mark a message as delivered.

        ``receipts`` (by delivery key) replace the stored contents of the deliveries.
        """
        with self._writing() as db:
            db.execute(
                "UPDATE release_times SET alerted = ? WHERE alerted IS NULL AND release IN"
                " (SELECT release FROM alert_deliveries WHERE message = ? AND state = 'waiting')",
                [at, key],
            )
            db.execute(
                "UPDATE alert_deliveries SET state = 'delivered', body = ?, due = ?,"
                " attempts = attempts + 1, problem = '' WHERE message = ? AND state = 'waiting'",
                [b"", at, key],
            )
            db.executemany(
                "UPDATE alert_deliveries SET body = ? WHERE key = ? AND state = 'delivered'",
                [(body, own) for own, body in (receipts or {}).items()],
            )

    def put_off_message(self, key: str, until: float, problem: str) -> None:
        """Postpone a message to the time ``until`` after a failed attempt."""
        self._write(
            "UPDATE alert_deliveries SET due = ?, attempts = attempts + 1, problem = ?"
            " WHERE message = ? AND state = 'waiting'",
            [until, problem, key],
        )

    def give_up_message(self, key: str, problem: str) -> None:
        """Mark a message as dead. Only a replay sends it again."""
        self._write(
            "UPDATE alert_deliveries SET state = 'dead', attempts = attempts + 1, problem = ?"
            " WHERE message = ? AND state = 'waiting'",
            [problem, key],
        )

    def withdraw_alerts(self, keys: Collection[str], problem: str) -> None:
        """Mark deliveries as dead, and send their messages without them.

        A replay sends a withdrawn delivery as a separate message, because recipients of the other
        deliveries would ignore a second message with the same key.
        """
        self._write(
            "UPDATE alert_deliveries SET state = 'dead', message = key, problem = ?"
            " WHERE state = 'waiting' AND key IN (SELECT value FROM json_each(?))",
            [problem, encode(list(keys))],
        )

    def resend_alerts(self, keys: Collection[str] | None, now: float) -> int:
        """Queue dead deliveries again, and return their number.

        If ``keys`` is None, all dead deliveries are queued. Otherwise, the deliveries with these
        keys are queued, and the other deliveries of the same messages.
        """
        return self._write(
            "UPDATE alert_deliveries SET state = 'waiting', due = ?1, attempts = 0"
            " WHERE state = 'dead' AND (CAST(?2 AS TEXT) IS NULL OR message IN"
            " (SELECT message FROM alert_deliveries"
            " WHERE key IN (SELECT value FROM json_each(?2))))",
            [now, None if keys is None else encode(list(keys))],
        )

    def forget_old_alerts(self, now: float) -> None:
        """Delete old receipts and dead deliveries, and skip waiting events of the same age."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM alert_deliveries WHERE state <> 'waiting' AND made < ?",
                [now - RETENTION_SECONDS],
            )
            old = f"SELECT max(e.number) FROM events e WHERE {waiting(ALERTS)} AND e.seen < ?"
            ((last,),) = self._ask(old, [now - RETENTION_SECONDS])
            if last:
                EventsPart(self._connection).pass_events(ALERTS, last)

    def alert_counts(self) -> Mapping[AlertState, int]:
        """Return the number of deliveries in each state. States without deliveries are omitted."""
        return dict(self._ask("SELECT state, count(*) FROM alert_deliveries GROUP BY state"))

    def alerts(self, state: AlertState | None = None, *, limit: int) -> Sequence[AlertDelivery]:
        """Return up to ``limit`` newest deliveries, in one ``state`` or in any state."""
        rows = self._ask(
            f"SELECT {COLUMNS} FROM alert_deliveries WHERE CAST(?1 AS TEXT) IS NULL OR state = ?1"
            " ORDER BY made DESC, key LIMIT ?2",
            [state, limit],
        )
        return [AlertDelivery(*row) for row in rows]


def queued_event(event: Event) -> QueuedEvent:
    """Return an event of the log as alerts report it."""
    # An update with a time for alerts repeats the event of a new release.
    is_release = event.kind in {"new", "update"}
    kind: AlertKind = "release" if is_release else cast("AlertKind", event.kind)
    health = None
    if kind == "health":
        # The source may have been renamed since.
        found = msgspec.json.decode(event.payload, type=HealthEvent)
        health = replace(found, source=event.source)
    return QueuedEvent(
        event.number,
        kind,
        event.seen or event.at,
        event.release,
        event.revision if kind == "edit" else 0,
        event.backlog,
        health,
    )
