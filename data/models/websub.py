"""WebSub state in the store: changed feeds, subscription requests, deliveries and subscriptions."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

LEASE: Final = 10 * 86_400
"""Default lease duration of a subscription in seconds."""

Mode: TypeAlias = Literal["subscribe", "unsubscribe", "denied"]


@dataclass(frozen=True, slots=True)
class HubRequest:
    """A subscriber's request to our hub. ``lease`` is in seconds."""

    mode: Mode
    callback: str
    topic: str
    lease: int = LEASE
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PendingTopic:
    """A changed feed that was not announced to the hub yet.

    ``digest`` identifies the feed's content.
    """

    file: str
    digest: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A subscriber's request that waits for its confirmation."""

    number: int
    asked: HubRequest
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A pending delivery of a feed's current content to a subscriber.

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

    ``topic`` is the URL that the feed at ``feed`` declares for itself. ``looked`` is the time of
    the last check in seconds since 1970.
    """

    feed: str
    hub: str = ""
    topic: str = ""
    looked: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedSubscription:
    """Our subscription to a source's feed. Times are seconds since 1970, and 0 means never.

    A subscription that is not ``wanted`` will be cancelled. ``asked`` is the time of the last
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
