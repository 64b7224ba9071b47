"""Stories: the same text at several institutions, who was first, and how much is verbatim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from data.models import Release
from data.text.similarity import (
    SAMPLE,
    Signature,
    containment,
    count_found,
    jaccard,
    shorter_first,
    signature,
)

SAME_TEXT: Final = 0.7
"""Jaccard similarity from which two releases are one story."""

SAME_STORY: Final = 0.5
"""Jaccard similarity with the first release of a story that a copy of a later one must have."""

CONTAINED: Final = 0.85
"""Part of the shorter text that must stand in the longer one, to be one story."""

SAMPLED: Final = 0.66
"""`CONTAINED`, or the 0.82 that follows of `SAME_TEXT`, in a sample: of those, one in 1,000 has
less."""

LEAST_SHINGLES: Final = 20
"""Shorter texts are never one story: a bare "Photo release" is like any other."""

LIKELY: Final = 0.6
"""Part of the anchors of the shorter text that must be shared, where no band is."""

SLOT: Final = 64 * 86_400
"""Seconds in a slot of time. Copies are looked for in a release's own slot and the nearer one
beside it: at least 32 days before and after, so that the work doesn't grow with the archive."""

HOT: Final = 64
COMMON: Final = 12
"""Releases in one bucket of one slot, of a band and of an anchor; later ones are found by their
other marks. A passage that stands in more releases than COMMON tells nothing of them."""


class Likeness(Enum):
    """How one text is like another: ``WITHIN`` it or ``HOLDS`` it, nearly whole."""

    NONE = "none"
    SAME = "same"
    WITHIN = "within"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class StoryMember:
    """One release of a story: ``lag`` after the first publisher, ``overlap`` with its text.

    ``overlap`` is the part of this text's word triples that stand in the first one's, 0 to 1.
    """

    release: Release
    lag: dt.timedelta
    overlap: float


def likeness(left: Signature, right: Signature) -> Likeness:
    """Whether two texts are much the same, or one stands within the other, or neither."""
    few, many = shorter_first(left, right)
    if len(few) < LEAST_SHINGLES:
        return Likeness.NONE
    sample = few[:SAMPLE]
    if count_found(sample, many) < SAMPLED * len(sample):
        return Likeness.NONE
    shared = count_found(few, many)
    if shared >= SAME_TEXT * (len(few) + len(many) - shared):
        return Likeness.SAME
    if shared >= CONTAINED * len(few):
        return Likeness.WITHIN if few is left.shingles else Likeness.HOLDS
    return Likeness.NONE


def belongs_to_story(text: Signature, first: Signature, how: Likeness) -> bool:
    """Whether a text that is like some release of a story (``how``) tells that story.

    A story is what its first release tells: from copies to copies of copies it would drift, and
    what holds, or is held by, a later one need not have anything of it.
    """
    if likeness(text, first) is not Likeness.NONE:
        return True
    return how is Likeness.SAME and jaccard(text, first) >= SAME_STORY


def likely(anchors: int, fewest: int) -> bool:
    """Whether two texts that share no band, but so many anchors, are worth comparing in full.

    ``fewest`` is the number of anchors of the one that has fewer: of a text that stands within
    another, most are shared; of a mere common passage, few.
    """
    return anchors >= LIKELY * fewest


def first_to_last(releases: Iterable[Release]) -> list[Release]:
    """The releases of a story, first published first.

    A day without an hour counts from its noon; ties go to the one seen first.
    """
    return sorted(releases, key=lambda r: (r.instant, r.first_seen, r.id))


def tellings(releases: Iterable[Release]) -> tuple[StoryMember, ...]:
    """The releases of a story, first published first, each with its lag and overlap."""
    ordered = first_to_last(releases)
    if not ordered:
        return ()
    first = signature(ordered[0].content.body_text)
    return tuple(
        StoryMember(release, release.instant - ordered[0].instant, _overlap(release, first))
        for release in ordered
    )


def slot_of(order: dt.datetime) -> int:
    """The slot of time that a release stands in."""
    return int(order.timestamp() // SLOT)


def slots_near(order: dt.datetime) -> tuple[int, int]:
    """The two slots in which copies of a release are looked for."""
    slot, rest = divmod(order.timestamp(), SLOT)
    return (int(slot) - 1, int(slot)) if rest < SLOT / 2 else (int(slot), int(slot) + 1)


def _overlap(release: Release, first: Signature) -> float:
    own = signature(release.content.body_text)
    total = len(own.shingles)
    shared = containment(own, first) * min(total, len(first.shingles))
    return round(shared / total, 4) if total else 0.0
