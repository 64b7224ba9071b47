"""Verbatim passages that occur in two texts."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.text.words import UNSPACED

MIN_PASSAGE_WORDS: Final = 12
"""Minimum number of words in a passage. Shorter passages are common phrases."""

MAX_COMPARED_CHARACTERS: Final = 20_000
"""Maximum number of characters of a text that are compared."""

MAX_PLACES: Final = 8
"""Maximum number of occurrences of a word sequence that are compared. Frequent sequences are not
distinctive."""

WORD: Final = re.compile(rf"{UNSPACED.pattern}|[^\W_]+")


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage of a text that also occurs in another text, and its number of ``words``."""

    text: str
    words: int


def shared_passages(text: str, other: str, *, most: int) -> tuple[SharedPassage, ...]:
    """Return the longest passages of a text that also occur in the text ``other``, in order.

    At most ``most`` passages are returned. Case and punctuation are ignored. The time is linear in
    the lengths of the texts.
    """
    text, other = text[:MAX_COMPARED_CHARACTERS], other[:MAX_COMPARED_CHARACTERS]
    spans = [found.span() for found in WORD.finditer(text)]
    own = [text[start:stop].casefold() for start, stop in spans]
    theirs = [word.casefold() for word in WORD.findall(other)]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place in range(len(theirs) - MIN_PASSAGE_WORDS + 1):
        places[tuple(theirs[place : place + MIN_PASSAGE_WORDS])].append(place)
    found: list[tuple[int, int]] = []
    place = 0
    while place <= len(own) - MIN_PASSAGE_WORDS:
        starts = places.get(tuple(own[place : place + MIN_PASSAGE_WORDS]), ())[:MAX_PLACES]
        length = max((run_length(own, place, theirs, start) for start in starts), default=0)
        if length:
            found.append((place, length))
        place += length or 1
    longest = sorted(found, key=lambda one: (-one[1], one[0]))[:most]
    return tuple(
        SharedPassage(text[spans[place][0] : spans[place + length - 1][1]], length)
        for place, length in sorted(longest)
    )


def run_length(left: Sequence[str], place: int, right: Sequence[str], start: int) -> int:
    """Return the number of successive equal words from a position in each of two texts."""
    length = 0
    while (
        place + length < len(left)
        and start + length < len(right)
        and left[place + length] == right[start + length]
    ):
        length += 1
    return length
