"""What a store can do for WebSub: what a hub is to be told, who subscribed, and what waits.

And to what we are subscribed ourselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from data.models import (
    Delivery,
    FeedHub,
    FeedSubscription,
    HubRequest,
    PendingRequest,
    PendingTopic,
)


class WebSubStore(Protocol):
    """What push needs: what a hub is to be told, who subscribed, and what waits."""

    def transaction(self) -> AbstractContextManager[object]:
        """Make the verbs that are called within one transaction: all are kept, or none."""

    def keep_private(self) -> None:
        """Let nobody else read the store: it holds secrets of subscribers. Raises OSError."""

    def feed_stamps(self) -> Mapping[str, str]:
        """The feeds that were looked at: a stamp of each file as it was then."""

    def note_feeds(self, feeds: Iterable[tuple[str, str, bytes]], *, told: bool) -> None:
        """Note the stamp and digest of feeds; ``told`` is whether the hub knows what they hold."""

    def stamp_feeds(self, files: Iterable[str], stamp: str) -> None:
        """Note that feeds which were looked at hold what they held."""

    def forget_feeds(self, files: Collection[str]) -> None:
        """Forget feeds of which nobody is to be told."""

    def move_feeds(self, old: str, new: str) -> None:
        """Note that feeds have other files now: ``old`` and ``new`` are how these begin.

        Their subscribers are sent what is there.
        """

    def pending_topics(self, now: float, limit: int) -> Sequence[PendingTopic]:
        """Feeds that the hub has to be told of by now, those that waited longest first."""

    def mark_announced(self, topic: PendingTopic) -> None:
        """Note that the hub knows what a feed holds."""

    def put_off_topics(self, file: str | None, until: float) -> None:
        """Tell the hub of a feed later, or of all that waits."""

    def request_counts(self, host: str) -> tuple[int, int]:
        """How many requests wait to be confirmed, in all and of one host."""

    def requests_by_client(self) -> Mapping[str, tuple[int, int]]:
        """How many requests wait of each client, and the number of its last."""

    def add_request(self, asked: HubRequest, host: str, client: str) -> None:
        """Keep what a subscriber asks for, in place of what it asked for before."""

    def pending_requests(
        self, now: float, busy: Iterable[str], limit: int
    ) -> Sequence[PendingRequest]:
        """Requests that wait by now, but none of hosts that are busy; the clients take turns."""

    def remove_request(self, number: int) -> None:
        """Forget a request; a newer one for the same stays."""

    def put_off_request(self, number: int, until: float) -> None:
        """Ask a subscriber once more, later."""

    def subscription_counts(self, host: str) -> tuple[int, int]:
        """How many subscriptions there are, in all and of one host."""

    def subscriptions(self) -> Mapping[tuple[str, str], float]:
        """When each subscription ends, by the feed's file and the callback."""

    def subscribed_feeds(self, host: str | None = None) -> Collection[str]:
        """The feeds that somebody is subscribed to, or somebody of one host."""

    def is_subscribed(self, callback: str, file: str) -> bool:
        """Whether there is such a subscription."""

    def add_subscription(self, asked: HubRequest, file: str, host: str, expires: float) -> None:
        """Keep a confirmed subscription, or renew it; it has what the feed holds now.

        Who renews is there again: what failed before counts no more.
        """

    def remove_subscription(self, callback: str, file: str) -> None:
        """Forget a subscription."""

    def expire_subscriptions(self, now: float) -> int:
        """Forget the subscriptions whose lease is over; how many."""

    def pending_deliveries(self, now: float, busy: Iterable[str], limit: int) -> Sequence[Delivery]:
        """Subscribers who lack something by now, but none at hosts that are busy."""

    def mark_delivered(self, delivery: Delivery, digest: bytes) -> None:
        """Note what a subscriber was sent."""

    def put_off_delivery(self, delivery: Delivery, until: float) -> None:
        """Try a subscriber once more, later."""

    def feed_hubs(self) -> Mapping[str, FeedHub]:
        """What the feed of each source says of its hub."""

    def keep_feed_hub(self, source: str, found: FeedHub) -> None:
        """Keep what the feed of a source says of its hub."""

    def feed_subscriptions(self) -> Sequence[FeedSubscription]:
        """Our subscriptions to feeds of sources."""

    def feed_subscription(self, callback: str) -> FeedSubscription | None:
        """Our subscription that has this callback."""

    def keep_feed_subscription(self, kept: FeedSubscription) -> None:
        """Keep a subscription of ours, in place of what was known of it."""

    def remove_feed_subscription(self, callback: str) -> None:
        """Forget a subscription of ours."""
