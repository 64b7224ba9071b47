"""WebSub: changed feeds to announce to a hub, subscriptions, and subscribers' requests."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from data.models import (
    Delivery,
    FeedHub,
    FeedSubscription,
    HubRequest,
    PendingRequest,
    PendingTopic,
)
from data.store.shared_sql.connection import Part
from data.store.shared_sql.rows import encode

FEED_SUBSCRIPTIONS: Final = (
    "SELECT callback, source, hub, topic, secret, wanted, asked, expires, heard, due, attempts"
    " FROM feed_subscriptions"
)
"""Query for the columns of a FeedSubscription."""


class WebSubPart(Part):
    """Methods of the store for WebSub: changed feeds, subscriptions and queued requests."""

    def feed_stamps(self) -> Mapping[str, str]:
        """Return the stamps (time and size) of the feed files at their last check, by file name."""
        return dict(self._ask("SELECT file, stamp FROM websub_topics"))

    def note_feeds(self, feeds: Iterable[tuple[str, str, bytes]], *, told: bool) -> None:
        """Store the stamps and content digests of feeds.

        ``told`` is true if the hub has already been notified of these contents.
        """
        with self._writing() as db:
            db.executemany(
                "INSERT INTO websub_topics (file, stamp, digest, told) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (file) DO UPDATE SET stamp = excluded.stamp,"
                " digest = excluded.digest,"
                " told = CASE WHEN ?5 = 1 THEN excluded.digest ELSE websub_topics.told END",
                [
                    (file, stamp, digest, digest if told else b"", told)
                    for file, stamp, digest in feeds
                ],
            )

    def forget_feeds(self, files: Collection[str]) -> None:
        """Delete feeds whose changes are no longer announced."""
        if not files:
            return
        self._write(
            "DELETE FROM websub_topics WHERE file IN (SELECT value FROM json_each(?))",
            [encode(list(files))],
        )

    def move_feeds(self, old: str, new: str) -> None:
        """Replace the prefix ``old`` of feed file names with ``new``.

        The current contents are sent to the subscribers of these feeds.
        """
        with self._writing():
            for table in ("websub_topics", "websub_subscriptions"):
                self._connection.rekey(
                    table,
                    "file",
                    ":new || substr(file, length(:old) + 1)",
                    "substr(file, 1, length(:old) + 1) IN (:old || '.', :old || '/')",
                    {"old": old, "new": new},
                )

    def pending_topics(self, now: float, limit: int) -> Sequence[PendingTopic]:
        """Return up to ``limit`` changed feeds to announce to the hub, longest waiting first."""
        rows = self._ask(
            "SELECT file, digest, attempts FROM websub_topics WHERE told <> digest AND due <= ?"
            " ORDER BY due, file LIMIT ?",
            [now, limit],
        )
        return [PendingTopic(*row) for row in rows]

    def mark_announced(self, topic: PendingTopic) -> None:
        """Record that the hub was notified of the current contents of a feed."""
        self._write(
            "UPDATE websub_topics SET told = ?, attempts = 0, due = 0 WHERE file = ?",
            [topic.digest, topic.file],
        )

    def put_off_topics(self, file: str | None, until: float) -> None:
        """Postpone the announcement of a feed, or of all waiting feeds if ``file`` is None."""
        self._write(
            "UPDATE websub_topics SET due = :until, attempts = attempts + 1"
            " WHERE CASE WHEN CAST(:file AS TEXT) IS NULL THEN told <> digest"
            " ELSE file = :file END",
            {"until": until, "file": file},
        )

    def request_counts(self, host: str) -> tuple[int, int]:
        """Return the number of unconfirmed requests, in total and for one host."""
        return self._counts("websub_requests", host)

    def requests_by_client(self) -> Mapping[str, tuple[int, int]]:
        """Return the number of waiting requests, and the number of the last request, by client."""
        rows = self._ask(
            "SELECT client, count(*), max(number) FROM websub_requests GROUP BY client"
        )
        return {client: (count, last) for client, count, last in rows}

    def add_request(self, asked: HubRequest, host: str, client: str) -> None:
        """Store a subscriber's request, and replace an earlier one for the same subscription."""
        # Insert a new row with a new number: a worker that completes the earlier request must not
        # delete this one.
        with self._writing() as db:
            db.execute(
                "DELETE FROM websub_requests WHERE callback = ? AND topic = ?",
                [asked.callback, asked.topic],
            )
            db.execute(
                "INSERT INTO websub_requests (callback, topic, mode, host, secret, lease, client)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    *(asked.callback, asked.topic, asked.mode, host),
                    *(asked.secret, asked.lease, client),
                ],
            )

    def pending_requests(
        self, now: float, busy: Iterable[str], limit: int
    ) -> Sequence[PendingRequest]:
        """Return due requests. Clients take turns, and ``busy`` hosts are skipped."""
        rows = self._ask(
            "SELECT number, mode, callback, topic, lease, secret, host, attempts"
            " FROM websub_requests WHERE due <= ? AND host NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY row_number() OVER (PARTITION BY client ORDER BY attempts, due, number),"
            " due, number LIMIT ?",
            [now, encode(list(busy)), limit],
        )
        return [PendingRequest(row[0], HubRequest(*row[1:6]), row[6], row[7]) for row in rows]

    def remove_request(self, number: int) -> None:
        """Delete a request. A newer request for the same subscription remains."""
        self._write("DELETE FROM websub_requests WHERE number = ?", [number])

    def put_off_request(self, number: int, until: float) -> None:
        """Postpone the verification of a subscriber's request."""
        self._write(
            "UPDATE websub_requests SET due = ?, attempts = attempts + 1 WHERE number = ?",
            [until, number],
        )

    def subscription_counts(self, host: str) -> tuple[int, int]:
        """Return the number of subscriptions, in total and for one host."""
        return self._counts("websub_subscriptions", host)

    def _counts(self, table: str, host: str) -> tuple[int, int]:
        statement = f"SELECT count(*), count(*) FILTER (WHERE host = ?) FROM {table}"
        ((every, own),) = self._ask(statement, [host])
        return every, own

    def subscriptions(self) -> Mapping[tuple[str, str], float]:
        """Return the expiry time of each subscription, by feed file and callback."""
        rows = self._ask("SELECT file, callback, expires FROM websub_subscriptions")
        return {(file, callback): expires for file, callback, expires in rows}

    def subscribed_feeds(self, host: str | None = None) -> Collection[str]:
        """Return the feeds that have subscribers.

        With ``host``, only subscribers of this host count.
        """
        rows = self._ask(
            "SELECT DISTINCT file FROM websub_subscriptions"
            " WHERE CAST(?1 AS TEXT) IS NULL OR host = ?1",
            [host],
        )
        return frozenset(file for (file,) in rows)

    def is_subscribed(self, callback: str, file: str) -> bool:
        """Return whether a callback is subscribed to a feed file."""
        rows = self._ask(
            "SELECT 1 FROM websub_subscriptions WHERE file = ? AND callback = ?", [file, callback]
        )
        return bool(rows)

    def add_subscription(self, asked: HubRequest, file: str, host: str, expires: float) -> None:
        """Store or renew a confirmed subscription, and mark its subscriber as up to date.

        A renewal proves that the subscriber works, so its failures are reset.
        """
        self._write(
            "INSERT INTO websub_subscriptions (callback, file, host, secret, expires, sent)"
            " VALUES (:callback, :file, :host, :secret, :expires, coalesce("
            "(SELECT digest FROM websub_topics WHERE file = :file), :nothing))"
            " ON CONFLICT (file, callback) DO UPDATE SET secret = excluded.secret,"
            " expires = excluded.expires, due = 0, attempts = 0",
            {**asdict(asked), "file": file, "host": host, "expires": expires, "nothing": b""},
        )

    def remove_subscription(self, callback: str, file: str) -> None:
        """Delete a subscription."""
        self._write(
            "DELETE FROM websub_subscriptions WHERE file = ? AND callback = ?", [file, callback]
        )

    def expire_subscriptions(self, now: float) -> int:
        """Delete the subscriptions whose lease has expired and return their number."""
        if not self._ask("SELECT 1 FROM websub_subscriptions WHERE expires <= ? LIMIT 1", [now]):
            # Usually there are no expired subscriptions, so don't wait for the write lock.
            return 0
        return self._write("DELETE FROM websub_subscriptions WHERE expires <= ?", [now])

    def pending_deliveries(self, now: float, busy: Iterable[str], limit: int) -> Sequence[Delivery]:
        """Return due deliveries to subscribers. Deliveries to ``busy`` hosts are omitted."""
        rows = self._ask(
            "SELECT s.callback, s.file, s.host, s.secret, s.attempts, t.digest"
            " FROM websub_subscriptions s"
            " JOIN websub_topics t USING (file) WHERE s.sent <> t.digest AND s.due <= ?"
            " AND s.host NOT IN (SELECT value FROM json_each(?)) ORDER BY s.due LIMIT ?",
            [now, encode(list(busy)), limit],
        )
        return [Delivery(*row) for row in rows]

    def mark_delivered(self, delivery: Delivery, digest: bytes) -> None:
        """Record the digest of the content that was sent to a subscriber."""
        self._write(
            "UPDATE websub_subscriptions SET sent = ?, attempts = 0, due = 0"
            " WHERE file = ? AND callback = ?",
            [digest, delivery.file, delivery.callback],
        )

    def put_off_delivery(self, delivery: Delivery, until: float) -> None:
        """Postpone a delivery to a subscriber."""
        self._write(
            "UPDATE websub_subscriptions SET due = ?, attempts = attempts + 1"
            " WHERE file = ? AND callback = ?",
            [until, delivery.file, delivery.callback],
        )

    def feed_hubs(self) -> Mapping[str, FeedHub]:
        """Return the hub that the feed of each source declares."""
        rows = self._ask("SELECT source, feed, hub, topic, looked FROM feed_hubs")
        return {source: FeedHub(*rest) for source, *rest in rows}

    def keep_feed_hub(self, source: str, found: FeedHub) -> None:
        """Store the hub that the feed of a source declares."""
        self._upsert("feed_hubs", {"source": source, **asdict(found)})

    def feed_subscriptions(self) -> Sequence[FeedSubscription]:
        """Return our subscriptions to the feeds of sources."""
        return [_subscription(row) for row in self._ask(FEED_SUBSCRIPTIONS)]

    def feed_subscription(self, callback: str) -> FeedSubscription | None:
        """Return our subscription with this callback, or None if it is unknown."""
        rows = self._ask(f"{FEED_SUBSCRIPTIONS} WHERE callback = ?", [callback])
        return _subscription(rows[0]) if rows else None

    def keep_feed_subscription(self, kept: FeedSubscription) -> None:
        """Store one of our subscriptions, and replace its earlier data."""
        self._upsert("feed_subscriptions", asdict(kept))

    def remove_feed_subscription(self, callback: str) -> None:
        """Delete one of our subscriptions."""
        self._write("DELETE FROM feed_subscriptions WHERE callback = ?", [callback])


def _subscription(row: Sequence[Any]) -> FeedSubscription:
    found = FeedSubscription(*row)
    return replace(found, wanted=bool(found.wanted))
