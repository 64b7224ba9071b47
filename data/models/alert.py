"""What watches can be told of, and what is told."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import HealthEvent

AlertKind: TypeAlias = Literal["release", "edit", "gone", "retraction", "return", "health"]
"""A new release, an edit, a release that is gone but not confirmed so, a retraction, the return of
a retracted release, and a change in the health of a source."""

AlertState: TypeAlias = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """Something that happened and was not held against the watches yet; ``at`` is aware UTC.

    ``release`` is an id, or empty where it is a change of ``health``. ``revision`` is the one that
    an edit made. ``backlog`` says that it is no news.
    """

    number: int
    kind: AlertKind
    at: dt.datetime
    release: str
    revision: int
    backlog: bool
    health: HealthEvent | None


@dataclass(frozen=True, slots=True)
class AlertDelivery:
    """What one watch tells of one event by one output; ``made`` and ``due`` are seconds since 1970.

    ``key`` is the same with each attempt, and ``body`` says what happened, as JSON. ``message`` is
    the key of the message that carries it, empty before the first attempt. Of what was delivered,
    ``due`` says when, and ``body`` is only a receipt (feeds.alerts.receipts). ``problem`` is that
    of the last attempt. ``release`` is the id of one that is news and alerted at once; no store
    returns it.
    """

    key: str
    watch: str
    output: str
    body: bytes
    made: float
    due: float = 0.0
    state: AlertState = "waiting"
    attempts: int = 0
    problem: str = ""
    message: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What is sent at once by one output of a watch: one event, or several that came together.

    It holds the same deliveries with each attempt, in the order of what happened.
    """

    key: str
    watch: str
    output: str
    deliveries: tuple[AlertDelivery, ...]

    @property
    def attempts(self) -> int:
        """How often it was sent in vain."""
        return self.deliveries[0].attempts


def message_key(keys: Sequence[str]) -> str:
    """The key of a message that carries deliveries of these keys: of one, that very key."""
    if len(keys) == 1:
        return keys[0]
    return f"msg_{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:32]}"
