"""Latency until releases are found, published and sent in alerts: median and 90th percentile.

Only new releases with a publication time count. Releases from first visits and imports, and
releases found long after their publication, do not show the latency. A publication time after the
first sighting of the release is wrong or in another time zone.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from data.models import STAGES, ReleaseTimes, Stage
from data.wording import lasting

MAX_RELEASES: Final = 100
"""Maximum number of newest releases per source from which latencies are calculated."""

MIN_RELEASES: Final = 5
"""Minimum number of releases for which a latency is calculated."""

WORDS: Final[Mapping[Stage, str]] = {
    "seen": "found {} after the time that they state",
    "in_feed": "in the feeds {} after they were found",
    "alerted": "sent in alerts {} after they were found",
}


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency of a stage in seconds: median and 90th percentile (``ninth``)."""

    median: float
    ninth: float
    releases: int


def latencies(times: Sequence[ReleaseTimes]) -> Mapping[Stage, Latency]:
    """Return the latency of each stage. Stages with too few releases are omitted."""
    found: dict[Stage, Latency] = {}
    for stage, (first, last) in STAGES.items():
        pairs = [(getattr(one, first), getattr(one, last)) for one in times]
        lasted = [end - begin for begin, end in pairs if None not in {begin, end} and end >= begin]
        if len(lasted) >= MIN_RELEASES:
            ninth = statistics.quantiles(lasted, n=10, method="inclusive")[-1]
            found[stage] = Latency(statistics.median(lasted), ninth, len(lasted))
    return found


def as_published(times: Sequence[ReleaseTimes]) -> Sequence[ReleaseTimes]:
    """Return the release times that may be shown on a source's page.

    While a page is written, the time at which its newest releases are published is unknown. So
    these times are omitted, and rendering the page again gives the same page. Times of alerts are
    also omitted.
    """
    fed = [one.in_feed for one in times]
    last = None if None in fed else max(filter(None, fed), default=None)
    return [
        replace(one, in_feed=None if one.in_feed == last else one.in_feed, alerted=None)
        for one in times
    ]


def latency_line(found: Mapping[Stage, Latency]) -> str:
    """Return the latencies as a readable sentence, or an empty string if none are known."""
    parts = [
        f"{WORDS[stage].format(lasting(one.median))} (nine of ten within {lasting(one.ninth)})"
        for stage, one in found.items()
    ]
    if not parts:
        return ""
    *before, end = parts
    return f"In the median, releases are {', '.join(before) + ' and ' if before else ''}{end}."


def latency_fields(found: Mapping[Stage, Latency]) -> dict[str, Any]:
    """Return the latencies by stage as JSON values."""
    return {stage: asdict(one) for stage, one in found.items()}
