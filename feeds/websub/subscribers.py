"""The subscribers of our own hub, and what they asked for, in the file of feeds.websub.state."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds.websub.messages import HubRequest
from feeds.websub.state import PushState

MOST, MOST_OF_HOST = 10_000, 2_000
"""Subscriptions that are kept, in all and of one host."""

REQUESTS, REQUESTS_OF_HOST = 1_000, 100
"""Requests that may wait to be confirmed, in all and of one host."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something that a subscriber asked for and has to confirm."""

    number: int
    asked: HubRequest
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A subscriber who lacks what a feed holds."""

    callback: str
    file: str
    host: str
    secret: str
    attempts: int


class Subscribers(PushState):
    """The same file, as the hub uses it."""

    def ask_for(self, asked: HubRequest, client: str = "") -> bool:
        """Keep what a subscriber asks for; False where too much waits. A newer one counts.

        Where the queue is full, the client that has most in it makes room for others.
        """
        host, client = host_of(asked.callback), network_of(client)
        with self._writing():
            ((every, own),) = self._db.execute(
                "SELECT count(*), coalesce(sum(host = ?), 0) FROM requests", [host]
            )
            if own >= REQUESTS_OF_HOST or (every >= REQUESTS and not self._make_room(client)):
                return False
            self._db.execute(
                "INSERT OR REPLACE INTO requests (callback, topic, mode, host, secret, lease,"
                " client) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [asked.callback, asked.topic, asked.mode, host, asked.secret, asked.lease, client],
            )
        return True

    def _make_room(self, client: str) -> bool:
        """Forget the last request of the client that has most, if that has more than ``client``."""
        ((most, count, last),) = self._db.execute(
            "SELECT client, count(*), max(number) FROM requests GROUP BY client"
            " ORDER BY 2 DESC, 3 DESC LIMIT 1"
        )
        ((own,),) = self._db.execute("SELECT count(*) FROM requests WHERE client = ?", [client])
        if most == client or count <= own + 1:
            return False
        self._db.execute("DELETE FROM requests WHERE number = ?", [last])
        return True

    def has_room(self, asked: HubRequest, file: str) -> bool:
        """Whether a subscription can be kept: it is known, or there are not too many."""
        ((every, own, known),) = self._ask(
            "SELECT count(*), coalesce(sum(host = ?), 0),"
            " coalesce(sum(file = ? AND callback = ?), 0) FROM subscriptions",
            [host_of(asked.callback), file, asked.callback],
        )
        return bool(known) or (every < MOST and own < MOST_OF_HOST)

    def to_confirm(self, now: float, busy: Iterable[str], limit: int) -> list[Request]:
        """Requests that wait by now, but none of hosts that are busy; the clients take turns."""
        rows = self._ask(
            "SELECT number, mode, callback, topic, lease, secret, host, attempts FROM requests"
            " WHERE due <= ? AND host NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY row_number() OVER (PARTITION BY client ORDER BY attempts, due, number),"
            " due, number LIMIT ?",
            [now, json.dumps(list(busy)), limit],
        )
        return [Request(row[0], HubRequest(*row[1:6]), row[6], row[7]) for row in rows]

    def answered(self, request: Request) -> None:
        """Forget a request; a newer one for the same stays."""
        self._put("DELETE FROM requests WHERE number = ?", [request.number])

    def ask_again(self, request: Request, at: float) -> None:
        """Ask a subscriber once more, later."""
        self._put(
            "UPDATE requests SET due = ?, attempts = attempts + 1 WHERE number = ?",
            [at, request.number],
        )

    def subscribe(self, asked: HubRequest, file: str, expires: float) -> None:
        """Keep a confirmed subscription, or renew it; it has what the feed holds now.

        Who renews is there again: what failed before counts no more.
        """
        self._put(
            "INSERT INTO subscriptions (callback, file, host, secret, expires, sent)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (file, callback)"
            " DO UPDATE SET secret = excluded.secret, expires = excluded.expires, due = 0,"
            " attempts = 0",
            [
                asked.callback,
                file,
                host_of(asked.callback),
                asked.secret,
                expires,
                self.digest(file),
            ],
        )

    def unsubscribe(self, callback: str, file: str) -> None:
        """Forget a subscription."""
        self._put("DELETE FROM subscriptions WHERE file = ? AND callback = ?", [file, callback])

    def expire(self, now: float) -> int:
        """Forget the subscriptions whose lease is over; how many."""
        return self._put("DELETE FROM subscriptions WHERE expires <= ?", [now])

    def to_deliver(self, now: float, busy: Iterable[str], limit: int) -> list[Delivery]:
        """Subscribers who lack something by now, but none at hosts that are busy."""
        rows = self._ask(
            "SELECT s.callback, s.file, s.host, s.secret, s.attempts FROM subscriptions s"
            " JOIN topics t USING (file) WHERE s.sent <> t.digest AND s.due <= ?"
            " AND s.host NOT IN (SELECT value FROM json_each(?)) ORDER BY s.due LIMIT ?",
            [now, json.dumps(list(busy)), limit],
        )
        return [Delivery(*row) for row in rows]

    def delivered(self, delivery: Delivery, digest: bytes) -> None:
        """Note what a subscriber was sent."""
        self._put(
            "UPDATE subscriptions SET sent = ?, attempts = 0, due = 0"
            " WHERE file = ? AND callback = ?",
            [digest, delivery.file, delivery.callback],
        )

    def deliver_later(self, delivery: Delivery, at: float) -> None:
        """Try a subscriber once more, later."""
        self._put(
            "UPDATE subscriptions SET due = ?, attempts = attempts + 1"
            " WHERE file = ? AND callback = ?",
            [at, delivery.file, delivery.callback],
        )

    def subscriptions(self) -> dict[tuple[str, str], float]:
        """When each subscription ends, by the feed's file and the callback."""
        rows = self._ask("SELECT file, callback, expires FROM subscriptions")
        return {(row[0], row[1]): row[2] for row in rows}


def network_of(client: str) -> str:
    """What a client is told by: its IPv4 address, or the first half of its IPv6 address."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return client


def host_of(callback: str) -> str:
    """The host of a callback, which shares its patience."""
    return urlsplit(callback).hostname or ""
