"""A release as somebody's feed reader knows it: what it was read and starred."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

ReaderState: TypeAlias = Literal["all", "unread", "read", "starred"]
"""Which releases of an account are asked for."""


@dataclass(frozen=True, slots=True)
class ReaderItem:
    """A release by its id, in the order of feeds (``order``), and what its reader did with it.

    Times are in UTC.
    """

    id: str
    source: str
    first_seen: dt.datetime
    order: dt.datetime
    read: bool
    starred: bool


@dataclass(frozen=True, slots=True)
class ReaderQuery:
    """What a reader asks for: of which account, source and topic, and what of it.

    What was first seen until ``read_until`` counts as read, unless the account says otherwise.
    ``newer`` and ``older`` bound the time of first sight; ``after`` is the item to go on from.
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
