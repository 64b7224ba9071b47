"""WebSub, as the store keeps it: what waits to be announced, confirmed or delivered.

And of the hubs of others that tell us of changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

LEASE: Final = 10 * 86_400
"""Seconds of a subscription that asks for none."""

Mode: TypeAlias = Literal["subscribe", "unsubscribe", "denied"]


@dataclass(frozen=True, slots=True)
class HubRequest:
    """What a subscriber asks of a hub. ``lease`` is in seconds."""

    mode: Mode
    callback: str
    topic: str
    lease: int = LEASE
    secret: str = ""


@dataclass(frozen=True, slots=True)
class PendingTopic:
    """A feed that its hub has not been told of: ``digest`` is of what it holds."""

    file: str
    digest: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """Something that a subscriber asked for and has to confirm."""

    number: int
    asked: HubRequest
    host: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A subscriber who lacks what a feed holds, which has this digest."""

    callback: str
    file: str
    host: str
    secret: str
    attempts: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class FeedHub:
    """What the feed of a source says of its hub; ``hub`` is empty where it names none.

    ``topic`` is the address that the feed at ``feed`` gives as its own. It was ``looked`` at then.
    """

    feed: str
    hub: str = ""
    topic: str = ""
    looked: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedSubscription:
    """A subscription of ours to the feed of a source; times are seconds since 1970.

    One that is not ``wanted`` any more is to be ended. ``asked`` is when its hub was asked last,
    ``due`` when it is to be asked again, ``expires`` until when it has confirmed, and ``heard``
    when it told of something last; 0 is never.
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
