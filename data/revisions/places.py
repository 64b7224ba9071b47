"""Places of a single page that have differed from its stored version, with their history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec.structs import replace

from data.revisions.page_lines import WORD, Difference, mark_of

MAX_SEEN: Final = 8
"""Maximum number of earlier texts that are remembered per place."""

WHOLE_PAGE_LINE: Final = -1
"""Line number of the place that stands for the whole page."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Words of a line, or a gap before a line, that have differed from the stored version.

    - ``value`` identifies the difference found by the last visit, or is "" for the stored text.
    - ``streak`` is the number of consecutive visits with this value.
    - ``turns`` is the number of times that the value changed.
    - ``longest`` is the longest streak of a value that was not accepted.
    - ``seen`` contains earlier values.
    - ``since`` is the day of the first visit with this value (ordinal).
    - ``whole`` is true if the line was ever replaced as a whole.
    """

    line: int
    start: int
    end: int
    added: bool = False
    value: str = ""
    streak: int = 0
    turns: int = 0
    longest: int = 0
    seen: tuple[str, ...] = ()
    since: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SeenPlace:
    """A place in a page's text after a visit, with the differences that the visit found there."""

    place: Place
    found: Sequence[Difference]

    @property
    def is_unsettled(self) -> bool:
        """Return whether the visit found a difference where earlier visits found none."""
        return bool(self.found) and not self.place.turns


def in_gaps(
    places: Sequence[Place], found: Sequence[Difference]
) -> Iterator[tuple[Place, list[Difference]]]:
    """Yield the places of new lines with their differences.

    Each new line is a place. Lines that disappeared from a gap share one place.
    """
    lines = {(one.line, one.value): one for one in places if one.added and one.value}
    pasts = {one.line: one for one in places if one.added and not one.value}
    for one in found:
        if one.added:
            last = lines.pop((one.line, one.value), Place(one.line, 0, 0, added=True))
            past = pasts.get(one.line, last)
            yield replace(last, turns=past.turns, longest=past.longest, seen=past.seen), [one]
    for line in sorted({*pasts, *(line for line, _ in lines)}):
        gone = [one for one in lines.values() if one.line == line]
        past = pasts.get(line, Place(line, 0, 0, added=True))
        if gone:
            longest = max(past.longest, *(one.streak for one in gone))
            seen = (*past.seen, *(one.value for one in gone))[-MAX_SEEN:]
            past = replace(past, turns=past.turns + 1, longest=longest, seen=seen, streak=0)
        yield past, []


def in_lines(
    places: Sequence[Place], found: Sequence[Difference]
) -> Iterator[tuple[Place, list[Difference]]]:
    """Yield the places in known lines with their differences. Overlapping places are merged."""
    items: list[Place | Difference] = [*places, *found]
    known = [one for one in items if not one.added]
    known.sort(key=lambda one: (one.line, one.start, one.end))
    group: list[Place | Difference] = []
    for one in known:
        end = max((other.end for other in group), default=0)
        is_near = group and one.line == group[0].line
        if is_near and (one.start < end or one.start == group[-1].start):
            group.append(one)
            continue
        if group:
            yield _joined(group)
        group = [one]
    if group:
        yield _joined(group)


def _joined(group: Sequence[Place | Difference]) -> tuple[Place, list[Difference]]:
    """Merge a group into one place with all its differences. Keeps the most restless history."""
    line, start, end = group[0].line, group[0].start, max(one.end for one in group)
    places = [one for one in group if isinstance(one, Place)]
    mine = [one for one in group if isinstance(one, Difference)]
    last = max(places, key=lambda one: one.turns, default=Place(line, start, end))
    values = (one.value for one in places if one.value)
    return replace(last, start=start, end=end, value="+".join(values)), mine


def after_visit(
    place: Place, mine: Sequence[Difference], lasting: Mapping[str, int], today: int
) -> Place:
    """Return a place after a visit on the day ``today`` that found the differences ``mine``."""
    value = "+".join(one.value for one in mine)
    if value == place.value:
        return replace(place, streak=place.streak + 1)
    # A whole line may have been found at a neighbouring place before.
    streak = max((lasting.get(one.mark, 1) for one in mine if one.whole), default=1)
    whole = place.whole or any(one.whole for one in mine)
    changed = replace(place, value=value, streak=streak, since=today, whole=whole)
    if place.value:
        longest, seen = max(place.longest, place.streak), (*place.seen, place.value)[-MAX_SEEN:]
        return replace(changed, turns=place.turns + 1, longest=longest, seen=seen)
    return changed if place.added else replace(changed, turns=place.turns + bool(place.turns))


def after_acceptance(place: Place, mine: Sequence[Difference], known: Sequence[str]) -> Place:
    """Return a place whose differences were accepted. The place remembers its previous text."""
    seen = place.seen
    for one in mine:
        if not one.added and one.text is not None and one.line != WHOLE_PAGE_LINE:
            words = [*WORD.finditer(known[one.line])][one.start : one.end]
            text = known[one.line][words[0].start() : words[-1].end()] if words else ""
            end = one.start + len(WORD.findall(one.text))
            seen = (*seen, f"{one.start}-{end}:{mark_of(text)}")[-MAX_SEEN:]
    return replace(place, value="", streak=0, seen=seen)


def moved(places: Sequence[Place], accepted: Sequence[Difference]) -> Iterator[Place]:
    """Yield the places at their positions in the new version, after the accepted differences."""
    if any(one.line == WHOLE_PAGE_LINE for one in accepted):
        return
    gone = {one.line for one in accepted if one.whole and one.text is None}
    added = sorted(one.line for one in accepted if one.added)
    for place in places:
        if place.line in gone and not place.added:
            continue
        shift = sum(line <= place.line for line in added) - sum(line < place.line for line in gone)
        start, end = place.start, place.end
        for one in accepted:
            if one.line != place.line or one.added or place.added or one.text is None:
                continue
            grown = len(WORD.findall(one.text)) - (one.end - one.start)
            if one.start >= start and one.end <= end:
                end += grown
            elif one.end <= start:
                start, end = start + grown, end + grown
        yield replace(place, line=place.line + shift, start=start, end=max(start, end))
