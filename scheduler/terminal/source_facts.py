"""What is told of a source that is visited: the hub that tells of it, and what other pages name."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from data.models import FeedHub, FeedSubscription, Recall
from data.wording import counted

UNREAD_SHOWN = 5
"""Addresses that gave no release, as people see them; --json gives all."""


def when(seconds: float) -> dt.datetime:
    """A time in UTC, of seconds since 1970."""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def push_fields(hub: FeedHub | None, ours: FeedSubscription | None) -> dict[str, Any] | None:
    """Which hub tells of a source, ready for JSON; None where its feed names none."""
    if hub is None or not hub.hub:
        return None
    return {
        "hub": hub.hub,
        "topic": hub.topic,
        "lease_until": when(ours.expires) if ours and ours.expires else None,
        "heard": when(ours.heard) if ours and ours.heard else None,
    }


def push_line(hub: FeedHub | None, ours: FeedSubscription | None) -> str:
    """The same for people, or empty."""
    if hub is None or not hub.hub:
        return ""
    if ours is None:
        return f"its feed names the hub {hub.hub}, where the service will subscribe"
    now = time.time()
    if ours.expires <= now:
        return f"its feed names the hub {hub.hub}, which has not confirmed our subscription"
    said = f"pushed by hub {hub.hub}, lease until {when(ours.expires):%Y-%m-%d %H:%M} UTC"
    return f"{said}, heard of last {when(ours.heard):%Y-%m-%d %H:%M} UTC" if ours.heard else said


def recall_fields(recall: Recall) -> dict[str, Any]:
    """What boxes of other news tell of a source, ready for JSON."""
    fields: dict[str, Any] = msgspec.to_builtins(recall)
    return {"share": recall.share, "named": recall.named, **fields}


def recall_lines(recall: Recall) -> Iterator[str]:
    """The same for people."""
    if recall.share is not None:
        yield (
            f"of {counted(recall.named, 'release')} that its pages name, {recall.known}"
            f" {'was' if recall.known == 1 else 'were'} known ({recall.share:.0%})"
        )
    for url in recall.missed:
        yield f"not shown by any listing, but named by another page: {url}"
    if recall.older:
        older = f"{recall.older} more from before all that its listings show"
        yield f"{older} {'was' if recall.older == 1 else 'were'} found so"
    for url in recall.unread[:UNREAD_SHOWN]:
        yield f"named by a page, but no release was found there: {url}"
