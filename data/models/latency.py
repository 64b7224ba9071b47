"""Latency: the times at which a new release was dated, seen, published in a feed and alerted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Stage: TypeAlias = Literal["seen", "in_feed", "alerted"]
"""The stages of a new release, in order."""

STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    "seen": ("stated", "seen"),
    "in_feed": ("seen", "in_feed"),
    "alerted": ("seen", "alerted"),
}
"""The fields of ReleaseTimes with the start and end of each stage."""


@dataclass(frozen=True, slots=True)
class ReleaseTimes:
    """The times of a new release, in seconds since 1970; None if unknown.

    ``stated`` is the time on its page, ``seen`` the first visit that found it, ``in_feed`` its
    first appearance in a feed, and ``alerted`` the delivery of its first alert.
    """

    stated: float | None
    seen: float
    in_feed: float | None = None
    alerted: float | None = None
