"""WebSub state in the store: announcements, confirmations, deliveries, and subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

LEASE: Final = 10 * 86_400
"""Default duration of a subscription's lease in seconds."""

Mode: TypeAlias = Literal["subscribe", "unsubscribe", "denied"]


@dataclass(frozen=True, slots=True)
class HubRequest:
    """A subscriber's request to a hub. ``lease`` is in seconds."""

    mode: Mode
    callback: str
    topic: str
    lease: int = LEASE
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PendingTopic:
    """A changed feed of which the hub was not notified yet. ``digest`` identifies its content."""

    file: str
    digest: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A subscriber's request that waits for confirmation."""

    number: int
    asked: HubRequest
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A pending delivery: a subscriber that has not yet received the current content of a feed.

    ``digest`` identifies the content.
    """

    callback: str
    file: str
    host: str
    secret: str
    attempts: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class FeedHub:
    """The WebSub hub that a source's feed declares. ``hub`` is empty if the feed declares none.

    ``topic`` is the URL that the feed at ``feed`` declares as its own. ``looked`` is the time of
    the last check in seconds since 1970.
    """

    feed: str
    hub: str = ""
    topic: str = ""
    looked: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedSubscription:
    """Our subscription to a source's feed; times are seconds since 1970, and 0 means never.

    A subscription that is not ``wanted`` is to be cancelled. ``asked`` is the time of the last
    request to the hub, and ``due`` the time of the next one. ``expires`` is the end of the
    confirmed lease. ``heard`` is the time of the last notification.
    """

    callback: str
    source: str
    hub: str
    topic: str
    secret: str
    wanted: bool = True
    asked: float = 0.0
    expires: float = 0.0
    heard: float = 0.0
    due: float = 0.0
    attempts: int = 0
