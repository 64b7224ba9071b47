"""How `sources show` describes push subscriptions, and the recall of a source."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from data.models import FeedHub, FeedSubscription, Recall
from data.wording import counted

MAX_UNREAD_SHOWN = 5
"""Maximum number of addresses without a release that are shown; --json has all."""


def when(seconds: float) -> dt.datetime:
    """Convert seconds since 1970 to a time in UTC, without fractions of a second."""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)


def push_fields(hub: FeedHub | None, ours: FeedSubscription | None) -> dict[str, Any] | None:
    """Return the hub of a source and our subscription for JSON, or None without a hub."""
    if hub is None or not hub.hub:
        return None
    return {
        "hub": hub.hub,
        "topic": hub.topic,
        "lease_until": when(ours.expires) if ours and ours.expires else None,
        "heard": when(ours.heard) if ours and ours.heard else None,
    }


def push_line(hub: FeedHub | None, ours: FeedSubscription | None) -> str:
    """Describe the hub of a source and our subscription, or return an empty text."""
    if hub is None or not hub.hub:
        return ""
    if ours is None:
        return f"its feed names the hub {hub.hub}; the service will subscribe there"
    now = time.time()
    if ours.expires <= now:
        return f"its feed names the hub {hub.hub}; it has not confirmed our subscription"
    line = f"pushed by hub {hub.hub}, lease until {when(ours.expires):%Y-%m-%d %H:%M} UTC"
    return f"{line}, last push {when(ours.heard):%Y-%m-%d %H:%M} UTC" if ours.heard else line


def recall_fields(recall: Recall) -> dict[str, Any]:
    """Return for JSON how many releases that its pages link to were known."""
    fields: dict[str, Any] = msgspec.to_builtins(recall)
    return {"share": recall.share, "named": recall.named, **fields}


def recall_lines(recall: Recall) -> Iterator[str]:
    """Describe how many releases that its pages link to were known."""
    if recall.share is not None:
        yield (
            f"{recall.known} of {counted(recall.named, 'release')} that its pages link to"
            f" {'was' if recall.known == 1 else 'were'} known ({recall.share:.0%})"
        )
    for url in recall.missed:
        yield f"in no listing, but linked from another page: {url}"
    if recall.older:
        older = f"{recall.older} more {'was' if recall.older == 1 else 'were'} found this way"
        yield f"{older}, older than all releases in its listings"
    for url in recall.unread[:MAX_UNREAD_SHOWN]:
        yield f"linked from a page, but no release was found there: {url}"
