"""Types of messages that the service sends: alerts, requests to archives (deposits), and WebSub."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

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
    """A message to one output of a watch, with one or more events.

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


DepositState: TypeAlias = Literal["waiting", "running", "done", "replaced", "refused", "dead"]
"""States of a deposit.

- ``waiting``: not requested yet
- ``running``: requested, but the archive has not reported a result yet
- ``done``: the archive has a capture
- ``replaced``: a newer version is deposited instead
- ``refused``: the release's URL must not be deposited
- ``dead``: the archive rejected the request permanently"""


@dataclass(frozen=True, slots=True)
class Deposit:
    """The deposit of one version of a release at an archive.

    ``release`` is the release's id. Times are in seconds since 1970. ``submitted`` is the time of
    the last request to save the page (stored before sending it), or 0. ``job`` is the id of the
    archive's job. If a running deposit has no job, it is unknown whether its request reached the
    archive. ``attempts`` counts rejections by the archive.
    """

    release: str
    revision: int
    archive: str
    state: DepositState = "waiting"
    due: float = 0.0
    attempts: int = 0
    submitted: float = 0.0
    job: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DepositReceipt:
    """The capture that an archive made for a version of a release.

    ``at`` is the time of the capture (aware UTC), and ``url`` its address at the archive.
    """

    archive: str
    revision: int
    at: dt.datetime
    url: str


class DepositCount(NamedTuple):
    """The number of deposits at an archive in one state, and an example of their problems.

    ``problem`` is empty if they have none.
    """

    archive: str
    state: DepositState
    number: int
    problem: str


DEFAULT_LEASE_SECONDS: Final = 10 * 86_400
"""Default lease duration of a subscription in seconds."""

Mode: TypeAlias = Literal["subscribe", "unsubscribe", "denied"]


@dataclass(frozen=True, slots=True)
class HubRequest:
    """A subscriber's request to our hub. ``lease`` is in seconds."""

    mode: Mode
    callback: str
    topic: str
    lease: int = DEFAULT_LEASE_SECONDS
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
    request to the hub, and ``due`` the time of the next request. ``expires`` is the end of the
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
