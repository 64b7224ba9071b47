"""Protocol of a store that queues events and delivers alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from data.models import AlertDelivery, AlertMessage, AlertState, QueuedEvent


class AlertStore(Protocol):
    """The methods that alerts need: events in order, and deliveries with their keys."""

    def queued_events(self, *, limit: int) -> Sequence[QueuedEvent]:
        """Return up to ``limit`` of the first events that no watch was matched against yet."""

    def settle_events(self, last: int, deliveries: Iterable[AlertDelivery]) -> None:
        """Store the deliveries for all events up to number ``last`` and delete these events.

        This is one transaction. A delivery whose key is already stored is not changed.
        """

    def forget_events(self) -> None:
        """Delete all queued events without alerting anybody."""

    def waiting_outputs(self, now: float) -> Sequence[tuple[str, str]]:
        """Return the watches and outputs that have a due delivery, longest waiting first."""

    def next_message(
        self, watch: str, output: str, now: float, *, most: int
    ) -> AlertMessage | None:
        """Return the next message of an output, or None if nothing is due.

        A message contains at most ``most`` due deliveries. Deliveries that were grouped for an
        attempt stay together in later attempts.
        """

    def mark_message_delivered(
        self, key: str, at: float, receipts: Mapping[str, bytes] | None = None
    ) -> None:
        """Mark a message as delivered.

        ``receipts`` are receipts by delivery key. They replace the stored bodies of the deliveries.
        """

    def put_off_message(self, key: str, until: float, problem: str) -> None:
        """Postpone a message to the time ``until`` after a failed attempt."""

    def give_up_message(self, key: str, problem: str) -> None:
        """Mark a message as dead; it is only sent again if somebody replays it."""

    def withdraw_alerts(self, keys: Collection[str], problem: str) -> None:
        """Mark deliveries as dead and send the rest of their messages without them.

        A withdrawn delivery that is replayed is sent as a message of its own.
        """

    def replay_alerts(self, keys: Collection[str] | None, now: float) -> int:
        """Queue dead deliveries again and return their number.

        Without ``keys`` these are all dead deliveries. Otherwise they are the deliveries with these
        keys and the others of the same messages.
        """

    def alert_counts(self) -> Mapping[AlertState, int]:
        """Return the number of deliveries in each state; states without deliveries are left out."""

    def alerts(self, state: AlertState | None = None, *, limit: int) -> Sequence[AlertDelivery]:
        """Return the newest deliveries, at most ``limit``, optionally of one state."""
