"""What watches can be told of, and what is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.source import HealthEvent

AlertKind: TypeAlias = Literal["release", "edit", "gone", "retraction", "health"]
"""A new release, an edit of one, one that is gone unconfirmed, one that is retracted, and a source
whose health changed."""

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
    """A message to the receiver of a watch; ``made`` and ``due`` are seconds since 1970.

    ``key`` is the same with each attempt. Of what was delivered, ``due`` says when, and ``body`` is
    empty. ``problem`` is that of the last attempt.
    """

    key: str
    watch: str
    body: bytes
    made: float
    due: float = 0.0
    state: AlertState = "waiting"
    attempts: int = 0
    problem: str = ""
