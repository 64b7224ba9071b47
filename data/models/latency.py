"""How late we are: when a release that was news was stated, seen, in a feed, and told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Stage: TypeAlias = Literal["seen", "in_feed", "alerted"]
"""What a release comes to, one after the other."""

STAGES: Final[Mapping[Stage, tuple[str, str]]] = {
    "seen": ("stated", "seen"),
    "in_feed": ("seen", "in_feed"),
    "alerted": ("seen", "alerted"),
}
"""From which time of ReleaseTimes to which each lasts."""


@dataclass(frozen=True, slots=True)
class ReleaseTimes:
    """When a release that was news came, in seconds since 1970; None for what is not known.

    ``stated`` is the time that its page states, ``seen`` our first sight of it, ``in_feed`` when it
    was first in a feed, and ``alerted`` when the first alert of it was delivered.
    """

    stated: float | None
    seen: float
    in_feed: float | None = None
    alerted: float | None = None
