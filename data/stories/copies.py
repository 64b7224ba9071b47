"""Stories: the same text at several institutions, the first publisher, and the verbatim share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from data.models import Release
from data.text.similarity import (
    SAMPLE_SIZE,
    TextSignature,
    containment,
    count_found,
    jaccard,
    shorter_first,
    signature,
)

MIN_TEXT_JACCARD: Final = 0.7
"""Minimum Jaccard similarity of two releases in the same story."""

MIN_FIRST_JACCARD: Final = 0.5
"""Minimum Jaccard similarity between a story's first release and a copy of a later release of the
story."""

MIN_CONTAINMENT: Final = 0.85
"""Minimum fraction of the shorter text that the longer text contains, for two texts in the same
story."""

MIN_SAMPLED_CONTAINMENT: Final = 0.66
"""Minimum containment in a sample at which full texts are compared. One in 1,000 pairs above
`MIN_CONTAINMENT`, or above the 0.82 that follows from `MIN_TEXT_JACCARD`, has a smaller containment
in the sample."""

MIN_SHINGLES: Final = 20
"""Minimum number of shingles of a text in a story. A bare "Photo release" resembles any other."""

MIN_SHARED_ANCHORS: Final = 0.6
"""Minimum fraction of the shorter text's anchors that both texts have, if they have no band in
common."""

SLOT_SECONDS: Final = 64 * 86_400
"""Seconds in a time slot. Copies are searched for in a release's own slot and in the nearer
neighbour. That is at least 32 days before and after, so the work does not grow with the archive."""

MAX_BAND_RELEASES: Final = 64
MAX_ANCHOR_RELEASES: Final = 12
"""Maximum number of releases per bucket and slot, of a band and of an anchor. Later releases are
found by their other bands and anchors. A passage in more than this many releases is not
distinctive."""


class Likeness(Enum):
    """How one text resembles another: it is the same, is ``WITHIN`` the other, or ``HOLDS`` it."""

    NONE = "none"
    SAME = "same"
    WITHIN = "within"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class StoryMember:
    """A release of a story, with its ``lag`` after the first and its ``overlap`` with the first.

    ``overlap`` is the fraction (0 to 1) of this text's word triples that the first text contains.
    """

    release: Release
    lag: dt.timedelta
    overlap: float


def likeness(left: TextSignature, right: TextSignature) -> Likeness:
    """Return whether two texts are nearly the same, or one contains the other."""
    few, many = shorter_first(left, right)
    if len(few) < MIN_SHINGLES:
        return Likeness.NONE
    sample = few[:SAMPLE_SIZE]
    if count_found(sample, many) < MIN_SAMPLED_CONTAINMENT * len(sample):
        return Likeness.NONE
    shared = count_found(few, many)
    if shared >= MIN_TEXT_JACCARD * (len(few) + len(many) - shared):
        return Likeness.SAME
    if shared >= MIN_CONTAINMENT * len(few):
        return Likeness.WITHIN if few is left.shingles else Likeness.HOLDS
    return Likeness.NONE


def belongs_to_story(text: TextSignature, first: TextSignature, how: Likeness) -> bool:
    """Whether a text that resembles some release of a story (``how``) belongs to the story.

    The text must resemble the story's first release too. Otherwise a story would drift through
    copies of copies, and a text that contains a later release may have nothing in common with the
    first.
    """
    if likeness(text, first) is not Likeness.NONE:
        return True
    return how is Likeness.SAME and jaccard(text, first) >= MIN_FIRST_JACCARD


def is_worth_comparing(anchors: int, fewest: int) -> bool:
    """Whether two texts that have anchors but no band in common are worth a full comparison.

    ``fewest`` is the smaller number of anchors of the two. A text within another has most anchors
    in common with it, a common passage only few.
    """
    return anchors >= MIN_SHARED_ANCHORS * fewest


def first_to_last(releases: Iterable[Release]) -> list[Release]:
    """Return the releases of a story, first published first.

    A day without an hour counts as noon. Ties are resolved by the time they were first seen.
    """
    return sorted(releases, key=lambda r: (r.instant, r.first_seen, r.id))


def story_members(releases: Iterable[Release]) -> tuple[StoryMember, ...]:
    """Return the releases of a story, first published first, with lag and overlap."""
    ordered = first_to_last(releases)
    if not ordered:
        return ()
    first = signature(ordered[0].content.body_text)
    return tuple(
        StoryMember(release, release.instant - ordered[0].instant, _overlap(release, first))
        for release in ordered
    )


def slot_of(order: dt.datetime) -> int:
    """Return the time slot of a release."""
    return int(order.timestamp() // SLOT_SECONDS)


def slots_near(order: dt.datetime) -> tuple[int, int]:
    """Return the two slots in which copies of a release are searched."""
    slot, rest = divmod(order.timestamp(), SLOT_SECONDS)
    return (int(slot) - 1, int(slot)) if rest < SLOT_SECONDS / 2 else (int(slot), int(slot) + 1)


def _overlap(release: Release, first: TextSignature) -> float:
    own = signature(release.content.body_text)
    total = len(own.shingles)
    shared = containment(own, first) * min(total, len(first.shingles))
    return round(shared / total, 4) if total else 0.0
