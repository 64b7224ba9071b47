"""Events that watches can report, and the messages with these events."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import HealthEvent

AlertKind: TypeAlias = Literal["release", "edit", "gone", "retraction", "return", "health"]
"""Kinds of events: a new release, an edit, a missing release that is not yet confirmed as
retracted, a retraction, the return of a retracted release, and a change in the health of a
source."""

AlertState: TypeAlias = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that is not yet matched against the watches; ``at`` is aware UTC.

    ``release`` is an id, empty for a change of ``health``. ``revision`` is the number of the edited
    version. ``backlog`` is true for a release that existed before the first visit.
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
    """One event for one output of one watch; ``made`` and ``due`` are seconds since 1970.

    ``key`` is the same for each attempt. ``body`` is the event as JSON. ``message`` is the key of
    the message that contains the delivery, empty before the first attempt. After delivery, ``due``
    is the time of delivery and ``body`` only a receipt (feeds.alerts.messages). ``problem``
    describes the last failure. ``release`` is the id of the release if the alert is sent at once;
    the store never returns it.
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
    """One message of an output of a watch: one event, or several that are sent together.

    Each attempt contains the same deliveries, in the order of their events.
    """

    key: str
    watch: str
    output: str
    deliveries: tuple[AlertDelivery, ...]

    @property
    def attempts(self) -> int:
        """The number of failed attempts."""
        return self.deliveries[0].attempts


def message_key(keys: Sequence[str]) -> str:
    """Return the key of a message for its deliveries' keys; a single key is used unchanged."""
    if len(keys) == 1:
        return keys[0]
    return f"msg_{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:32]}"
