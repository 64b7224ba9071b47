"""WebSub: what waits to be announced, confirmed or delivered, as the store keeps it."""

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
