"""Separate changes of a single page from noise: dates of today, counters, rotating teasers.

Each visit compares the page with its stored version. A difference is accepted as a change if it
holds still: two visits in a row must find the same. At a place whose text changed from visit to
visit, more visits are needed, at most 40. So noise is not reported, and a place that was noise and
then holds still is. An accepted version keeps the stored text at all other places.

All functions are pure. The state of a page is small, and relearned if it is lost.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import Final

import msgspec
from msgspec.structs import replace

from data.dates.months import month_of
from data.revisions.page_lines import WORD, Difference, LineHistory, apply, differences, mark_of

CONFIRMING_VISITS: Final = 2
"""Number of visits in a row that must find the same text at a place that never changed before."""

CONFIRMING_VISITS_WHILE_LEARNING: Final = 6
"""The same number in the first visits to a page that has shown noise."""

LEARNING_VISITS: Final = 12
"""Number of first visits in which the noise of a page is learned."""

VISITS_PER_TURN: Final = 2
"""Number of further visits that must find the same text, for each time that a place changed."""

MAX_VISITS_OF_TURNS: Final = 12
"""Maximum number of visits that earlier changes of a place can demand."""

HOLD_FACTOR: Final = 3
"""Minimum ratio of the visits with the same text to those of the longest noise at its place."""

REMOVAL_VISITS: Final = 30
"""Number of visits that must miss a line beside restless lines. A text of a large pool of rotating
texts is missing for long."""

MAX_VISITS: Final = 40
"""Maximum number of visits that must find the same text at any place."""

KNOWN_VALUE_VISITS: Final = 6
"""Minimum number of visits for a text that was at its place before, as rotating texts are."""

MIN_RESTLESS_TURNS: Final = 6
"""Minimum number of changes of a line that counts as restless."""

CALM_VISITS: Final = 20
"""Number of visits with the stored text after which a place counts as calm again."""

MAX_SEEN: Final = 8
"""Maximum number of earlier texts that are remembered per place."""

MAX_PLACES: Final = 400
"""Maximum number of places that are remembered per page. A version with more differences is
compared as a whole."""

NEAR_LINES: Final = 2
"""Maximum distance of a line from the restless lines that make it restless, in lines."""

MAX_VANISHED: Final = 300
"""Maximum number of vanished lines that are remembered per page."""

MAX_LINES: Final = 5_000
"""Maximum number of lines of a page that are compared line by line."""

MAX_LENGTH: Final = 500_000
"""Maximum length in characters of a page that is compared line by line."""

RESTLESS_SHARE: Final = 0.5
"""Minimum share of lines that change in one visit to a page that counts as restless."""

RESTLESS_VISITS: Final = 5
"""Number of visits in a row after which a page is reported as restless."""

DATE_DISTANCE: Final = 3
"""Maximum distance of a date's parts from each other, in words."""

YEAR_DIGITS: Final = 4
"""Maximum number of digits in a part of a date."""

MAX_DAY_OF_YEAR: Final = 366
"""Maximum number in a date that is not a year."""

DIGITS: Final = re.compile(r"\d+")

WHOLE_PAGE_LINE: Final = -1
"""Line number of the place that is a page as a whole."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A place that has differed from the stored version: words of a line, or a gap before a line.

    ``value`` identifies the difference that the last visit found, or is "" for the stored text.
    ``streak`` is the number of visits in a row with this value, ``turns`` the number of times that
    the value changed, and ``longest`` the longest streak of a value that was not accepted. ``seen``
    contains earlier values. ``since`` is the day of the first visit with this value (ordinal).
    ``whole`` is true if the line was ever replaced as a whole.
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


class NoiseState(msgspec.Struct, frozen=True, array_like=True):
    """What is known about the noise of one page.

    ``digest`` identifies the stored lines to which the places belong. ``visits`` is the number of
    visits. ``lines`` maps the marks of new lines to the number of visits in a row that found them.
    ``restless`` is the number of visits in a row in which most lines changed. ``vanished`` contains
    the marks of new lines that a later visit no longer found.
    """

    digest: str = ""
    visits: int = 0
    places: tuple[Place, ...] = ()
    lines: dict[str, int] = msgspec.field(default_factory=dict)
    restless: int = 0
    vanished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines of a page without its noise, and the new state.

    ``lines`` are the stored lines with all accepted differences. ``accepted`` is the number of
    these differences. ``waits`` is true if the next visit may confirm a change. ``is_restless`` is
    true if most of the page changes at every visit.
    """

    lines: tuple[str, ...]
    state: NoiseState
    accepted: int = 0
    waits: bool = False
    is_restless: bool = False


def settle(known: Sequence[str], new: Sequence[str], state: NoiseState, day: dt.date) -> Settled:
    """Compare the lines of a page with its stored lines, and accept what holds still.

    ``day`` is the day of the visit at the place of the page.
    """
    places = state.places if state.digest == digest_of(known) else ()
    found = _found(known, new, history_of(places, state))
    dated = {one.line for one in found if is_clock(one, day)}
    lasting = {
        one.mark: state.lines.get(one.mark, 0) + 1 for one in found if one.whole and one.text
    }
    stored = set(map(mark_of, known))
    gone = (mark for mark in state.lines if mark not in lasting and mark not in stored)
    vanished = tuple(dict.fromkeys((*state.vanished, *gone)))[-MAX_VANISHED:]
    visits = state.visits + 1
    today = day.toordinal()
    after = [
        (_observed(place, mine, lasting, today), mine)
        for place, mine in chain(_in_gaps(places, found), _in_lines(places, found))
    ]
    learning = visits <= LEARNING_VISITS and any(place.turns for place, _ in after)
    is_new = visits <= 2 * LEARNING_VISITS
    marks, regions = frozenset(vanished), _regions(place for place, _ in after)
    least = [
        max(
            visits_needed(place, learning=learning),
            *(_visits_of_line(one, place, known, marks, regions, is_new=is_new) for one in mine),
        )
        if mine
        else 0
        for place, mine in after
    ]
    # The changed words of a line are accepted together, apart from its noise.
    late = {
        place.line
        for (place, mine), visits_ in zip(after, least, strict=True)
        if mine and not place.turns and not place.added and place.streak < visits_
    }
    changes = [
        (place, mine)
        for (place, mine), visits_ in zip(after, least, strict=True)
        if mine and place.streak >= visits_ and (place.added or place.line not in late)
        if not all(_is_dated(one, place, dated, day) for one in mine)
    ]
    if changes:
        # A date that changed only once, together with other text, is a part of that change.
        changes += [
            (place, mine)
            for place, mine in after
            if mine and not place.turns and place.streak >= CONFIRMING_VISITS
            if all(_is_dated(one, place, dated, day) for one in mine)
        ]
    accepted = [one for _, mine in changes for one in mine]
    ended = {id(place) for place, _ in changes}
    kept = [
        _accepted(place, mine, known) if id(place) in ended else place
        for place, mine in after
        if mine or place.streak < CALM_VISITS
    ]
    waits = any(
        mine and not place.turns and id(place) not in ended and place.line not in dated
        for place, mine in after
    )
    lines = _applied(known, new, accepted)
    size = max(len(known), len(new), 1)
    # A page that is compared as a whole has only one place.
    turned = sum(
        size if place.line == WHOLE_PAGE_LINE and place.turns else 1
        for place, _ in after
        if place.value and place.streak == 1
    )
    row = state.restless + 1 if turned >= RESTLESS_SHARE * size else 0
    kept = sorted(_moved(kept, accepted), key=lambda one: -one.turns)[:MAX_PLACES]
    result = NoiseState(digest_of(lines), visits, tuple(kept), lasting, row, vanished)
    return Settled(lines, result, len(accepted), waits and not row, row >= RESTLESS_VISITS)


def _is_dated(one: Difference, place: Place, dated: set[int], day: dt.date) -> bool:
    """Return whether a difference is a part of the date of today, or may be its weekday.

    A weekday can't be distinguished from other words, but it is a new one on each day.
    """
    if is_clock(one, day):
        return True
    words = WORD.findall(one.text or "")
    is_word = not one.whole and len(words) == 1 and words[0].isalpha()
    return is_word and one.line in dated and place.since == day.toordinal()


def history_of(places: Sequence[Place], state: NoiseState) -> LineHistory:
    """Return what earlier visits showed about the lines of a page."""
    lines = [one for one in places if not one.added]
    restless = {one.line for one in lines if one.turns >= MIN_RESTLESS_TURNS}
    replaced = {one.line: one.value.rpartition(":")[2] for one in lines if one.value}
    return LineHistory(restless, state.lines, frozenset(state.vanished), replaced)


def digest_of(lines: Sequence[str]) -> str:
    """Return a digest that identifies lines."""
    text = "\n".join(lines).encode("utf-8", "replace")
    return blake2b(text, digest_size=8).hexdigest()


def visits_needed(place: Place, *, learning: bool) -> int:
    """Return how many visits in a row must find the value of a place before it is accepted."""
    least = CONFIRMING_VISITS_WHILE_LEARNING if learning else CONFIRMING_VISITS
    if place.turns:
        turns = CONFIRMING_VISITS + VISITS_PER_TURN * place.turns
        least = max(least, min(turns, MAX_VISITS_OF_TURNS), HOLD_FACTOR * place.longest)
    if place.value in place.seen:
        least = max(least, KNOWN_VALUE_VISITS)
    return min(least, MAX_VISITS)


def _regions(after: Iterable[Place]) -> Mapping[int, Place]:
    """Return the most restless whole line near each line number that is near any of these."""
    found: dict[int, Place] = {}
    for place in after:
        if place.turns and place.whole:
            for line in range(place.line - NEAR_LINES, place.line + NEAR_LINES + 1):
                if place.turns > found.get(line, place).turns or line not in found:
                    found[line] = place
    return found


def _visits_of_line(
    one: Difference,
    place: Place,
    known: Sequence[str],
    vanished: AbstractSet[str],
    regions: Mapping[int, Place],
    *,
    is_new: bool,
) -> int:
    """Return how many visits must find a whole line that is new or gone, as far as others show.

    A new line beside restless lines is restless too. So is one that vanished before.
    """
    if not one.whole or one.line == WHOLE_PAGE_LINE:
        return 0
    least = 0
    if one.mark in vanished or (not one.added and mark_of(known[one.line]) in vanished):
        least = MAX_VISITS_OF_TURNS
    is_loose = one.added or (one.text is None and (place.turns or is_new))
    if is_loose and (region := regions.get(one.line)):
        least = max(least, visits_needed(region, learning=False))
        if one.text is None and region.turns >= MIN_RESTLESS_TURNS:
            least = REMOVAL_VISITS
    return least


def is_clock(one: Difference, day: dt.date) -> bool:
    """Return whether a difference only shows the day of the visit, such as "today is 4 May 2026".

    Tomorrow, the same date is an ordinary difference.
    """
    mine = WORD.findall(one.text or "")
    if one.whole or not mine:
        return False
    words = WORD.findall(one.new_line)
    around = words[max(0, one.start - DATE_DISTANCE) : one.start + 2 * DATE_DISTANCE]
    days = [day + dt.timedelta(days=step) for step in (-1, 0, 1)]
    return any(
        _shows(today, around) and all(_is_part(today, word) for word in mine) for today in days
    )


def _shows(day: dt.date, words: Sequence[str]) -> bool:
    """Return whether words contain a day, its month and perhaps its year."""
    numbers = {
        int(part) for word in words for part in DIGITS.findall(word) if len(part) <= YEAR_DIGITS
    }
    years = {number for number in numbers if number > MAX_DAY_OF_YEAR}
    if day.day not in numbers or not years <= {day.year}:
        return False
    named = any(month_of(word.casefold()) == day.month for word in words if word.isalpha())
    return named or (day.month in numbers and not numbers.isdisjoint({day.year, day.year % 100}))


def _is_part(day: dt.date, word: str) -> bool:
    """Return whether a word is the day, month or year of a date, or its punctuation."""
    if word[0].isdecimal():
        numbers = {day.day, day.month, day.year, day.year % 100}
        parts = [part for part in DIGITS.findall(word) if len(part) <= YEAR_DIGITS]
        return bool(parts) and numbers.issuperset(map(int, parts))
    return not word.isalnum() or month_of(word.casefold()) == day.month


def _found(known: Sequence[str], new: Sequence[str], history: LineHistory) -> list[Difference]:
    """Return the differences between two versions, or one if they are too long or too many."""
    long = max(len(known), len(new)) > MAX_LINES
    if not long and max(sum(map(len, known)), sum(map(len, new))) <= MAX_LENGTH:
        found = differences(known, new, history)
        if len(found) <= MAX_PLACES:
            return found
    if [*known] == [*new]:
        return []
    return [Difference(WHOLE_PAGE_LINE, 0, 0, "\n".join(new), "", whole=True)]


def _in_gaps(
    places: Sequence[Place], found: Sequence[Difference]
) -> Iterator[tuple[Place, list[Difference]]]:
    """Yield the places of new lines with their differences.

    Each new line is a place. The lines that a gap no longer has are remembered in one place.
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


def _in_lines(
    places: Sequence[Place], found: Sequence[Difference]
) -> Iterator[tuple[Place, list[Difference]]]:
    """Yield the places in known lines with their differences. Overlapping places are joined."""
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
    """Return the place of a group, with its differences. It remembers the most restless place."""
    line, start, end = group[0].line, group[0].start, max(one.end for one in group)
    places = [one for one in group if isinstance(one, Place)]
    mine = [one for one in group if isinstance(one, Difference)]
    last = max(places, key=lambda one: one.turns, default=Place(line, start, end))
    values = (one.value for one in places if one.value)
    return replace(last, start=start, end=end, value="+".join(values)), mine


def _observed(
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


def _accepted(place: Place, mine: Sequence[Difference], known: Sequence[str]) -> Place:
    """Return a place whose differences were accepted. It remembers the text before."""
    seen = place.seen
    for one in mine:
        if not one.added and one.text is not None and one.line != WHOLE_PAGE_LINE:
            words = [*WORD.finditer(known[one.line])][one.start : one.end]
            text = known[one.line][words[0].start() : words[-1].end()] if words else ""
            end = one.start + len(WORD.findall(one.text))
            seen = (*seen, f"{one.start}-{end}:{mark_of(text)}")[-MAX_SEEN:]
    return replace(place, value="", streak=0, seen=seen)


def _applied(
    known: Sequence[str], new: Sequence[str], accepted: Sequence[Difference]
) -> tuple[str, ...]:
    if any(one.line == WHOLE_PAGE_LINE for one in accepted):
        return tuple(new)
    return tuple(apply(known, accepted)) if accepted else tuple(known)


def _moved(places: Sequence[Place], accepted: Sequence[Difference]) -> Iterator[Place]:
    """Yield the places with their positions in the version after the accepted differences."""
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
