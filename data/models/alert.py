"""Events that watches can report, and the messages that contain these events."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import HealthEvent

AlertKind: TypeAlias = Literal["release", "edit", "gone", "retraction", "return", "health"]
"""Kinds of events: a new release, an edit, a missing release that may be retracted, a retraction, a
retracted release that is online again, and a change in a source's health."""

AlertState: TypeAlias = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that has not been matched against the watches yet.

    ``release`` is an id, empty for a change of ``health``. ``revision`` is the number of the edited
    version. ``at`` is aware UTC. ``backlog`` is true for a release that existed before the first
    visit.
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
    """Delivery of one event to one output of a watch.

    ``made`` and ``due`` are seconds since 1970. ``key`` is the same for each attempt. ``body`` is
    the event as JSON. ``message`` is the key of the message with this delivery, empty before the
    first attempt. After delivery, ``due`` is the time of delivery and ``body`` only a receipt
    (feeds.alerts.messages). ``problem`` describes the last failure. ``release`` is the id of the
    release if the alert is sent immediately; it is never set in deliveries from the store.
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
    """A message to one output of a watch, with one event or several.

    Each attempt contains the same deliveries, in the order of their events.
    """

    key: str
    watch: str
    output: str
    deliveries: tuple[AlertDelivery, ...]

    @property
    def attempts(self) -> int:
        """Return the number of failed attempts."""
        return self.deliveries[0].attempts


def message_key(keys: Sequence[str]) -> str:
    """Return the key of a message, derived from the keys of its deliveries.

    The key of a single delivery is used unchanged.
    """
    if len(keys) == 1:
        return keys[0]
    return f"msg_{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:32]}"
