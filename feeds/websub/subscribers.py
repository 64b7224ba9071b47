"""How many subscribers our own hub takes, and how many requests may wait, in all and of each."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from data.models import HubRequest
from data.store.websub_protocol import WebSubStore
from feeds.websub.made_feeds import is_made

MOST: Final = 10_000
MOST_OF_HOST: Final = 2_000
"""Subscriptions that are kept, in all and of one host."""

MADE: Final = 500
MADE_OF_HOST: Final = 100
"""Feeds that are made on demand and subscribed to, in all and by one host: each is work for us."""

REQUESTS: Final = 1_000
REQUESTS_OF_HOST: Final = 100
"""Requests that may wait to be confirmed, in all and of one host."""


def has_room(store: WebSubStore, asked: HubRequest, file: str) -> bool:
    """Whether a subscription can be kept: it is known, or there are not too many."""
    host = host_of(asked.callback)
    every, own = store.subscription_counts(host)
    roomy = (
        every < MOST and own < MOST_OF_HOST and (not is_made(file) or _is_little(store, file, host))
    )
    return roomy or store.is_subscribed(asked.callback, file)


def _is_little(store: WebSubStore, file: str, host: str) -> bool:
    """Whether a feed that is made on demand is subscribed to already, or few are."""
    made = [*filter(is_made, store.subscribed_feeds())]
    own = [*filter(is_made, store.subscribed_feeds(host))]
    return file in own or (len(own) < MADE_OF_HOST and (file in made or len(made) < MADE))


def queue_request(store: WebSubStore, asked: HubRequest, client: str = "") -> bool:
    """Keep what a subscriber asks for; False where too much waits. A newer one counts.

    Where the queue is full, the client that has most in it makes room for others.
    """
    host, client = host_of(asked.callback), network_of(client)
    with store.transaction():
        every, own = store.request_counts(host)
        if own >= REQUESTS_OF_HOST or (every >= REQUESTS and not _make_room(store, client)):
            return False
        store.add_request(asked, host, client)
    return True


def _make_room(store: WebSubStore, client: str) -> bool:
    """Forget the last request of the client that has most, if that has more than ``client``."""
    waiting = store.requests_by_client()
    most = max(waiting, key=lambda one: waiting[one])
    count, last = waiting[most]
    own, _ = waiting.get(client, (0, 0))
    if most == client or count <= own + 1:
        return False
    store.remove_request(last)
    return True


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
