"""Count recent releases that no listing showed, although other pages linked to them."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from data.models import Recall, Streak, VisitFacts

WHILE: Final = dt.timedelta(days=30)
"""Time after which missed releases no longer count."""


def recall_facts(before: VisitFacts, recall: Recall, at: dt.datetime) -> VisitFacts:
    """Add missed releases to a visit's facts; the first visit only sets their initial number."""
    named = (recall.known, len(recall.missed))
    if before.named is None:
        return msgspec.structs.replace(before, named=named)
    known, missed = (now - then for now, then in zip(named, before.named, strict=True))
    since = before.missed.since
    over = since is None or at - since >= WHILE
    streak = Streak() if over else before.missed
    if missed > 0:
        streak = streak.go_on(missed, at, add=True)
    return msgspec.structs.replace(
        before,
        named=named,
        missed=streak,
        known_meanwhile=(0 if over else before.known_meanwhile) + max(known, 0)
        if streak.count
        else 0,
    )
