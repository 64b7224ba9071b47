"""A release in the account of a feed reader: read or unread, starred or not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

ReaderState: TypeAlias = Literal["all", "unread", "read", "starred"]
"""States by which a feed reader selects the releases of an account."""


@dataclass(frozen=True, slots=True)
class ReaderItem:
    """A release in an account, with its position in feeds (``order``); times are UTC."""

    id: str
    source: str
    first_seen: dt.datetime
    order: dt.datetime
    read: bool
    starred: bool


@dataclass(frozen=True, slots=True)
class ReaderQuery:
    """A feed reader's query: account, source, topic, state and time limits.

    Releases first seen before ``read_until`` count as read unless the account has marked them.
    ``newer`` and ``older`` limit the time of first sight. ``after`` is the last item of the
    previous page.
    """

    account: str
    read_until: dt.datetime
    source: str | None = None
    topic: str | None = None
    state: ReaderState = "all"
    newer: dt.datetime | None = None
    older: dt.datetime | None = None
    after: tuple[float, str] | None = None
    oldest_first: bool = False
