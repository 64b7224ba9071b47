"""Stories (releases of several institutions with the same text), their order, and shared text."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from data.models import Release
from data.text.similarity import (
    SAMPLE_SIZE,
    TextSignature,
    count_found,
    jaccard,
    shorter_first,
    signature,
)

MIN_TEXT_JACCARD: Final = 0.7
"""Minimum Jaccard similarity of two releases in the same story."""

MIN_FIRST_JACCARD: Final = 0.5
"""Minimum Jaccard similarity between a story's first release and a release that is similar to a
later release of the story."""

MIN_CONTAINMENT: Final = 0.85
"""Minimum share of the shorter text that the longer text must contain for both to be in the same
story."""

MIN_SAMPLED_CONTAINMENT: Final = 0.66
"""Minimum containment, estimated from a sample, for two texts to be compared in full. Of the pairs
above `MIN_CONTAINMENT` or `MIN_TEXT_JACCARD` (which implies a containment above 0.82), one in 1,000
has a smaller estimate and is missed."""

MIN_SHINGLES: Final = 20
"""Minimum number of shingles (word triples) of a text in a story. A short text such as "Photo
release" is similar to many others."""

MIN_SHARED_ANCHORS: Final = 0.6
"""Minimum share of the shorter text's anchors (sampled word sequences) that both texts must have
for a full comparison, if they have no band in common."""

MIN_REPUBLISHED_SHARE: Final = 0.1
"""Minimum share of a release's text that another publisher must repeat to have republished it."""

SLOT_SECONDS: Final = 64 * 86_400
"""Length of a time slot in seconds. Copies are searched in a release's own slot and in the nearer
adjacent slot. So at least 32 days before and after the release are searched, and the cost does not
grow with the archive."""

MAX_BAND_RELEASES: Final = 64
"""Maximum number of releases stored per band and time slot. Later releases are found by their other
bands and anchors."""

MAX_ANCHOR_RELEASES: Final = 12
"""Maximum number of releases stored per anchor and time slot. A passage that occurs in more of them
is not distinctive."""


class Likeness(Enum):
    """Relation of a text to another text.

    The texts are different or the same, or the text is ``WITHIN`` the other, or ``HOLDS`` it.
    """

    NONE = "none"
    SAME = "same"
    WITHIN = "within"
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class StoryMember:
    """A release in a story, compared with the story's first release.

    ``lag`` is the time between their publications. ``overlap`` is the share (0 to 1) of this text's
    word triples that the first text contains, and ``share`` vice versa.
    """

    release: Release
    lag: dt.timedelta
    overlap: float
    share: float


def likeness(left: TextSignature, right: TextSignature) -> Likeness:
    """Return whether two texts are nearly the same, or one contains the other, or neither."""
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
    """Return whether a text that is similar to some release of a story belongs to the story.

    ``how`` is the relation to that release. The text must also be similar to the story's ``first``
    release, because copies of copies may have nothing in common with it.
    """
    if likeness(text, first) is not Likeness.NONE:
        return True
    return how is Likeness.SAME and jaccard(text, first) >= MIN_FIRST_JACCARD


def is_worth_comparing(anchors: int, fewest: int) -> bool:
    """Return whether two texts with common anchors but no common band need a full comparison.

    ``anchors`` is the number of common anchors, and ``fewest`` the number of anchors in the text
    that has fewer. If one text is part of the other, most of its anchors are common. If the texts
    only share a passage, few are.
    """
    return anchors >= MIN_SHARED_ANCHORS * fewest


def story_members(releases: Iterable[Release]) -> tuple[StoryMember, ...]:
    """Return the releases of a story in order of publication, with lag and overlap."""
    ordered = sorted(releases, key=lambda r: (r.instant, r.first_seen, r.id))
    if not ordered:
        return ()
    first = signature(ordered[0].content.body_text)
    return tuple(
        StoryMember(release, release.instant - ordered[0].instant, *_shares(release, first))
        for release in ordered
    )


def republished(members: Iterable[StoryMember]) -> tuple[StoryMember, ...]:
    """Return the release of each other publisher that repeats the largest share of the first text.

    The largest share comes first. ``members`` begin with the first release. Publishers below
    `MIN_REPUBLISHED_SHARE`, such as those of translations, are omitted.
    """
    first, *others = members
    best: dict[str, StoryMember] = {}
    for one in sorted(others, key=lambda one: -one.share):
        if one.share >= MIN_REPUBLISHED_SHARE and one.release.source != first.release.source:
            best.setdefault(one.release.source, one)
    return tuple(best.values())


def slot_of(order: dt.datetime) -> int:
    """Return the number of the time slot of a release. ``order`` is its sort time."""
    return int(order.timestamp() // SLOT_SECONDS)


def slots_near(order: dt.datetime) -> tuple[int, int]:
    """Return the numbers of the two time slots in which copies of a release are searched."""
    slot, rest = divmod(order.timestamp(), SLOT_SECONDS)
    return (int(slot) - 1, int(slot)) if rest < SLOT_SECONDS / 2 else (int(slot), int(slot) + 1)


def _shares(release: Release, first: TextSignature) -> tuple[float, float]:
    """Return the shares of this text, and of the story's first text, that occur in both."""
    own = signature(release.content.body_text)
    shared = count_found(*shorter_first(own, first))
    mine, theirs = (shared / max(1, len(one.shingles)) for one in (own, first))
    return round(mine, 4), round(theirs, 4)
