"""Protocol of a store for WebSub: feeds to announce, subscriptions and queued requests.

It also contains our own subscriptions to the feeds of sources.
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
    """The methods for WebSub: feeds to announce, subscriptions and queued requests."""

    def transaction(self) -> AbstractContextManager[object]:
        """Run the method calls within in one transaction that is committed fully or not at all."""

    def keep_private(self) -> None:
        """Make the store readable only by its owner, because it contains secrets of subscribers.

        Raises OSError.
        """

    def feed_stamps(self) -> Mapping[str, str]:
        """Return the stamps of the feed files when they were last checked, by file."""

    def note_feeds(self, feeds: Iterable[tuple[str, str, bytes]], *, told: bool) -> None:
        """Store the stamps and digests of feeds.

        ``told`` is whether the hub knows these contents.
        """

    def stamp_feeds(self, files: Iterable[str], stamp: str) -> None:
        """Store a new stamp for feeds whose contents were checked and are unchanged."""

    def forget_feeds(self, files: Collection[str]) -> None:
        """Delete feeds that are not announced to anybody."""

    def move_feeds(self, old: str, new: str) -> None:
        """Change the start of feed file names from ``old`` to ``new``.

        Subscribers of the feeds are sent the present contents.
        """

    def pending_topics(self, now: float, limit: int) -> Sequence[PendingTopic]:
        """Return up to ``limit`` feeds to announce to the hub by now, longest waiting first."""

    def mark_announced(self, topic: PendingTopic) -> None:
        """Record that the hub knows the present contents of a feed."""

    def put_off_topics(self, file: str | None, until: float) -> None:
        """Postpone announcing a feed, or all waiting feeds, to the hub."""

    def request_counts(self, host: str) -> tuple[int, int]:
        """Return how many requests are unconfirmed, in total and for one host."""

    def requests_by_client(self) -> Mapping[str, tuple[int, int]]:
        """Return the number of waiting requests per client, and the number of its last request."""

    def add_request(self, asked: HubRequest, host: str, client: str) -> None:
        """Store a subscriber's request, replacing an earlier one for the same subscription."""

    def pending_requests(
        self, now: float, busy: Iterable[str], limit: int
    ) -> Sequence[PendingRequest]:
        """Return requests due by now, except for ``busy`` hosts; clients take turns."""

    def remove_request(self, number: int) -> None:
        """Delete a request; a newer request for the same subscription remains."""

    def put_off_request(self, number: int, until: float) -> None:
        """Postpone the confirmation of a subscriber's request."""

    def subscription_counts(self, host: str) -> tuple[int, int]:
        """Return the number of subscriptions, in total and for one host."""

    def subscriptions(self) -> Mapping[tuple[str, str], float]:
        """Return the expiry time of each subscription, by feed file and callback."""

    def subscribed_feeds(self, host: str | None = None) -> Collection[str]:
        """Return the feeds that have subscribers, optionally only subscribers of one host."""

    def is_subscribed(self, callback: str, file: str) -> bool:
        """Return whether a callback is subscribed to a feed file."""

    def add_subscription(self, asked: HubRequest, file: str, host: str, expires: float) -> None:
        """Store or renew a confirmed subscription; its subscriber counts as up to date.

        A renewal shows that the subscriber works again, so earlier failures are reset.
        """

    def remove_subscription(self, callback: str, file: str) -> None:
        """Delete a subscription."""

    def expire_subscriptions(self, now: float) -> int:
        """Delete the subscriptions whose lease has expired and return their number."""

    def pending_deliveries(self, now: float, busy: Iterable[str], limit: int) -> Sequence[Delivery]:
        """Return due deliveries to subscribers, except for ``busy`` hosts."""

    def mark_delivered(self, delivery: Delivery, digest: bytes) -> None:
        """Record the digest of the content that a subscriber was sent."""

    def put_off_delivery(self, delivery: Delivery, until: float) -> None:
        """Postpone a delivery to a subscriber."""

    def feed_hubs(self) -> Mapping[str, FeedHub]:
        """Return the hub that the feed of each source declares."""

    def keep_feed_hub(self, source: str, found: FeedHub) -> None:
        """Store the hub that the feed of a source declares."""

    def feed_subscriptions(self) -> Sequence[FeedSubscription]:
        """Return our subscriptions to the feeds of sources."""

    def feed_subscription(self, callback: str) -> FeedSubscription | None:
        """Return our subscription with this callback, or None."""

    def keep_feed_subscription(self, kept: FeedSubscription) -> None:
        """Store one of our subscriptions, replacing its earlier data."""

    def remove_feed_subscription(self, callback: str) -> None:
        """Delete one of our subscriptions."""
