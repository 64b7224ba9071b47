"""When each source is visited next: pure, from its interval and its last visit."""

from __future__ import annotations

import datetime as dt
import random

JITTER = 0.1
"""Part of an interval by which visits are spread, so that sources never come in step."""


def first_visit(
    last: dt.datetime | None, interval: dt.timedelta, now: dt.datetime, chance: random.Random
) -> dt.datetime:
    """When a source is due after a start of the service.

    A source never visited is due at once; one that was, when its interval ends, a restart in
    between notwithstanding; overdue ones are spread over a tenth of their interval, so that a
    restart or a machine that slept makes no storm.
    """
    if last is None:
        return now
    due = last + interval
    if due > now:
        return due
    return now + interval * JITTER * chance.random()
