"""What a store can do for alerts: what happened, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from data.models import AlertDelivery, AlertMessage, AlertState, QueuedEvent


class AlertStore(Protocol):
    """What alerts need: events in their order, and deliveries with their keys."""

    def queued_events(self, *, limit: int) -> Sequence[QueuedEvent]:
        """The first events that were not held against the watches yet."""

    def settle_events(self, last: int, deliveries: Iterable[AlertDelivery]) -> None:
        """Keep what comes of all events up to a number, and forget these, in one transaction.

        A delivery whose key is known is kept as it was.
        """

    def forget_events(self) -> None:
        """Forget all events that wait: nobody is to be told of them."""

    def waiting_outputs(self, now: float) -> Sequence[tuple[str, str]]:
        """The watches and outputs for which something is due, those that waited longest first."""

    def next_message(
        self, watch: str, output: str, now: float, *, most: int
    ) -> AlertMessage | None:
        """What is to be sent next by an output, or None: all that is due, ``most`` at the most.

        What was put together once, for an attempt, stays together.
        """

    def mark_message_delivered(
        self, key: str, at: float, receipts: Mapping[str, bytes] | None = None
    ) -> None:
        """Note that a receiver has a message.

        ``receipts`` are kept in place of the bodies of its deliveries, by key.
        """

    def put_off_message(self, key: str, until: float, problem: str) -> None:
        """Send a message once more, later."""

    def give_up_message(self, key: str, problem: str) -> None:
        """Send a message no more, unless somebody asks for it."""

    def withdraw_alerts(self, keys: Collection[str], problem: str) -> None:
        """Give up some deliveries and leave the others of their message to be sent without them.

        One that is replayed is a message of its own.
        """

    def replay_alerts(self, keys: Collection[str] | None, now: float) -> int:
        """Try dead deliveries anew: all, or those of some keys with what was sent beside them."""

    def alert_counts(self) -> Mapping[AlertState, int]:
        """How many deliveries are in each state; none are named of which there are none."""

    def alerts(self, state: AlertState | None = None, *, limit: int) -> Sequence[AlertDelivery]:
        """The newest deliveries, or those of one state."""
