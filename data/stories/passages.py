"""What two texts have in common word for word, as people read it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.text.words import UNSPACED

LEAST: Final = 12
"""Words of a passage; shorter ones are phrases that anybody uses."""

READ: Final = 20_000
"""Characters of a text that are compared."""

PLACES: Final = 8
"""Places of one run of words that are looked at; what stands more often says little."""

WORD: Final = re.compile(rf"{UNSPACED.pattern}|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text that stands in another one too, and its number of ``words``."""

    text: str
    words: int


def shared_passages(text: str, other: str, *, most: int) -> tuple[Passage, ...]:
    """The longest passages of a text that stand in another one, in the order of the text.

    Words are compared without their case and what stands between them. Takes time in proportion to
    the texts.
    """
    text, other = text[:READ], other[:READ]
    spans = [found.span() for found in WORD.finditer(text)]
    own = [text[start:stop].casefold() for start, stop in spans]
    theirs = [word.casefold() for word in WORD.findall(other)]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place in range(len(theirs) - LEAST + 1):
        places[tuple(theirs[place : place + LEAST])].append(place)
    found: list[tuple[int, int]] = []
    place = 0
    while place <= len(own) - LEAST:
        starts = places.get(tuple(own[place : place + LEAST]), ())[:PLACES]
        length = max((run(own, place, theirs, start) for start in starts), default=0)
        if length:
            found.append((place, length))
        place += length or 1
    longest = sorted(found, key=lambda one: (-one[1], one[0]))[:most]
    return tuple(
        Passage(text[spans[place][0] : spans[place + length - 1][1]], length)
        for place, length in sorted(longest)
    )


def run(left: Sequence[str], place: int, right: Sequence[str], start: int) -> int:
    """How many words are the same from two places on."""
    length = 0
    while (
        place + length < len(left)
        and start + length < len(right)
        and left[place + length] == right[start + length]
    ):
        length += 1
    return length
