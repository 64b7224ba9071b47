"""What keeps sources from being visited, however well that went last: a full disk, no service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from data.health.codes import Verdict
from data.models import Run
from data.sqlite_file import is_full
from scheduler.home import Home

LONGEST: Final = 6 * 3600
"""Seconds between two visits of the service at the most, where its intervals are short."""

FEW: Final = 4
"""Intervals between two visits at the most, where they are long; so many again are too many."""


def why_full(home: Home) -> Verdict | None:
    """Why nothing can be written into a HOME that is for writing; None where something can."""
    if not is_full(home.path):
        return None
    return Verdict(
        "home.full", "the disk of HOME is full, so visits can't be kept: make room there"
    )


def why_overdue(
    home: Home, interval: float | None, runs: Sequence[Run], now: dt.datetime
) -> Verdict | None:
    """Why a source counts as not visited, by the last runs, newest first; None where it does not.

    Only one that the service visited last: whoever collects by hand does so when they like.
    ``interval`` are the seconds that its file sets, or None.
    """
    last = next((run for run in runs if run.facts), None)
    if last is None or last.facts is None or last.facts.explicit:
        return None
    seconds = max(LONGEST, FEW * (interval or home.settings.collect.interval))
    since = now - runs[0].started
    if since <= dt.timedelta(seconds=2 * seconds):
        return None
    hours = since.total_seconds() / 3600
    return Verdict(
        "visit.overdue",
        f"`communique run` visited it last on {runs[0].started:%Y-%m-%d at %H:%M} UTC,"
        f" {hours:.0f} hours ago: see whether the service runs",
    )
