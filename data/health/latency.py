"""How late we are with a source, in the median and for nine of ten: from its own times to alerts.

Only what was news counts: a first walk, an import and what was found long after its day say nothing
of how often a source is visited. A page that states a day and no time says nothing of it either;
what states a time that lies ahead of our first sight has a wrong one, or a wrong time zone.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from data.models import STAGES, ReleaseTimes, Stage
from data.wording import lasting

LAST: Final = 100
"""Releases of a source that are looked at, the last ones."""

LEAST: Final = 5
"""Releases below which nothing is said."""

WORDS: Final[Mapping[Stage, str]] = {
    "seen": "found {} after the time that they state",
    "in_feed": "in the feeds {} after they were found",
    "alerted": "told by alerts {} after they were found",
}


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds that a stage lasted, in the median and within which nine of ten were done."""

    median: float
    ninth: float
    releases: int


def latencies(times: Sequence[ReleaseTimes]) -> Mapping[Stage, Latency]:
    """How late releases came, by stage; none where there are too few of them."""
    found: dict[Stage, Latency] = {}
    for stage, (first, last) in STAGES.items():
        pairs = [(getattr(one, first), getattr(one, last)) for one in times]
        lasted = [end - begin for begin, end in pairs if None not in {begin, end} and end >= begin]
        if len(lasted) >= LEAST:
            ninth = statistics.quantiles(lasted, n=10, method="inclusive")[-1]
            found[stage] = Latency(statistics.median(lasted), ninth, len(lasted))
    return found


def as_published(times: Sequence[ReleaseTimes]) -> Sequence[ReleaseTimes]:
    """What of the times of a source stands on its page, whenever that is written.

    When the last of its releases came into the feeds is not known while they are written: it is
    left out for good, so that a site that is written anew is the same. Alerts stand on no page.
    """
    fed = [one.in_feed for one in times]
    last = None if None in fed else max(filter(None, fed), default=None)
    return [
        replace(one, in_feed=None if one.in_feed == last else one.in_feed, alerted=None)
        for one in times
    ]


def latency_line(found: Mapping[Stage, Latency]) -> str:
    """The same in a sentence; empty where nothing is known."""
    parts = [
        f"{WORDS[stage].format(lasting(one.median))} (nine of ten within {lasting(one.ninth)})"
        for stage, one in found.items()
    ]
    if not parts:
        return ""
    *before, end = parts
    return f"In the median, releases are {', '.join(before) + ' and ' if before else ''}{end}."


def latency_fields(found: Mapping[Stage, Latency]) -> dict[str, Any]:
    """The same, ready for JSON."""
    return {stage: asdict(one) for stage, one in found.items()}
