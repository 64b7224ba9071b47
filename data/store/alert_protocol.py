"""What a store can do for alerts: what happened, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from data.models import AlertDelivery, AlertState, QueuedEvent


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

    def pending_alerts(
        self, now: float, busy: Collection[str], *, limit: int
    ) -> Sequence[AlertDelivery]:
        """What is to be delivered by now, one of each watch, but none of those that are busy."""

    def mark_alert_delivered(self, key: str, at: float) -> None:
        """Note that a receiver has a message."""

    def put_off_alert(self, key: str, until: float, problem: str) -> None:
        """Try a delivery once more, later."""

    def give_up_alert(self, key: str, problem: str) -> None:
        """Try a delivery no more, unless somebody asks for it."""

    def replay_alerts(self, keys: Collection[str] | None, now: float) -> int:
        """Try dead deliveries anew, those of some keys or all; how many."""

    def alerts(self, state: AlertState | None = None, *, limit: int) -> Sequence[AlertDelivery]:
        """The newest deliveries, or those of one state."""
