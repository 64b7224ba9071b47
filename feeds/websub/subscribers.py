"""Limits of the site's own hub: numbers of subscribers and of waiting requests."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from data.models import HubRequest
from data.store.store import Store
from feeds.websub.made_feeds import is_made

MAX_SUBSCRIPTIONS: Final = 10_000
MAX_SUBSCRIPTIONS_PER_HOST: Final = 2_000
"""Maximum number of subscriptions, in total and per host."""

MAX_MADE_FEEDS: Final = 500
MAX_MADE_FEEDS_PER_HOST: Final = 100
"""Maximum number of subscribed feeds that must be generated, in total and per host."""

MAX_WAITING: Final = 1_000
MAX_WAITING_PER_HOST: Final = 100
"""Maximum number of requests that wait for verification, in total and per host."""


def has_room(store: Store, asked: HubRequest, file: str) -> bool:
    """Return whether a subscription may be stored: it exists already, or the limits allow it."""
    host = host_of(asked.callback)
    every, own = store.subscription_counts(host)
    roomy = (
        every < MAX_SUBSCRIPTIONS
        and own < MAX_SUBSCRIPTIONS_PER_HOST
        and (not is_made(file) or _may_be_generated(store, file, host))
    )
    return roomy or store.is_subscribed(asked.callback, file)


def _may_be_generated(store: Store, file: str, host: str) -> bool:
    """Return whether the limits allow a subscription to this generated feed."""
    made = [*filter(is_made, store.subscribed_feeds())]
    own = [*filter(is_made, store.subscribed_feeds(host))]
    return file in own or (
        len(own) < MAX_MADE_FEEDS_PER_HOST and (file in made or len(made) < MAX_MADE_FEEDS)
    )


def queue_request(store: Store, asked: HubRequest, client: str = "") -> bool:
    """Store a subscriber's request; it replaces an earlier one. Returns False if too many wait.

    If the queue is full, the client with the most waiting requests loses its last one.
    """
    host, client = host_of(asked.callback), network_of(client)
    with store.transaction():
        every, own = store.request_counts(host)
        if own >= MAX_WAITING_PER_HOST or (every >= MAX_WAITING and not _make_room(store, client)):
            return False
        store.add_request(asked, host, client)
    return True


def _make_room(store: Store, client: str) -> bool:
    """Remove the last request of the client with the most, if it has more than ``client``."""
    waiting = store.requests_by_client()
    most = max(waiting, key=lambda one: waiting[one])
    count, last = waiting[most]
    own, _ = waiting.get(client, (0, 0))
    if most == client or count <= own + 1:
        return False
    store.remove_request(last)
    return True


def network_of(client: str) -> str:
    """Return the network of a client: its IPv4 address, or its IPv6 /64."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return client


def host_of(callback: str) -> str:
    """Return the host of an address; limits and delays are per host."""
    return urlsplit(callback).hostname or ""
