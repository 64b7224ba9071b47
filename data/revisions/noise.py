"""Separate changes of a single page from noise: today's date, counters, rotating teasers.

Each visit compares the page with its stored version. A difference is accepted as a change if it is
stable: two consecutive visits must find the same text. If the text at this point has often changed,
more visits are needed, at most 40. So noise is not reported, but a stable text is, even if it
replaces noise. An accepted version keeps the stored words everywhere else.

All functions are pure. The state of a page is small, and is relearned if it is lost.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from typing import Final

import msgspec

from data.dates.months import month_of
from data.revisions.page_lines import WORD, Difference, LineHistory, apply, differences, mark_of
from data.revisions.places import (
    WHOLE_PAGE_LINE,
    Place,
    SeenPlace,
    after_acceptance,
    after_visit,
    in_gaps,
    in_lines,
    moved,
)

CONFIRMING_VISITS: Final = 2
"""Number of consecutive visits that must find the same text in a place that never changed before.
"""

CONFIRMING_VISITS_WHILE_LEARNING: Final = 6
"""Number of consecutive visits that must find the same text, during the first visits to a page with
noise."""

LEARNING_VISITS: Final = 12
"""Number of first visits in which a page's noise is learned."""

VISITS_PER_TURN: Final = 2
"""Number of additional visits that must find the same text, per earlier change at its place."""

MAX_VISITS_OF_TURNS: Final = 12
"""Maximum number of additional visits because of a place's earlier changes."""

HOLD_FACTOR: Final = 3
"""Factor by which a text must outlast the longest-lasting noise in its place before it is accepted.
Durations are counted in visits."""

REMOVAL_VISITS: Final = 30
"""Number of consecutive visits after which the removal of a line near restless (often changing)
lines is accepted. One of many rotating texts can be missing for a long time."""

MAX_VISITS: Final = 40
"""Maximum number of visits that must find the same text at any place."""

KNOWN_VALUE_VISITS: Final = 6
"""Minimum number of consecutive visits before a text is accepted if an earlier visit found it in
the same place. Rotating texts return."""

MIN_RESTLESS_TURNS: Final = 6
"""Minimum number of changes after which a line counts as restless (often changing)."""

CALM_VISITS: Final = 20
"""Number of consecutive visits that must find the stored text in a place before it no longer counts
as noise."""

MAX_PLACES: Final = 400
"""Maximum number of places remembered per page. A version with more differences is compared as a
whole page."""

NEAR_LINES: Final = 2
"""Lines up to this many lines from a restless (often changing) line are also restless."""

MAX_VANISHED: Final = 300
"""Maximum number of vanished lines remembered per page."""

MAX_LINES: Final = 5_000
"""Maximum number of lines of a page that are compared line by line."""

MAX_LENGTH: Final = 500_000
"""Maximum length in characters of a page that is compared line by line."""

RESTLESS_SHARE: Final = 0.5
"""Minimum share of a page's lines that must change in a visit for the page to count as restless."""

RESTLESS_VISITS: Final = 5
"""Number of consecutive visits that must change most of a page before the page is reported as
restless."""

DATE_DISTANCE: Final = 3
"""Maximum distance in words between the parts of a date."""

YEAR_DIGITS: Final = 4
"""Maximum number of digits in a part of a date, such as the year."""

MAX_DAY_OF_YEAR: Final = 366
"""Largest number in a date apart from the year: the day of the year."""

DIGITS: Final = re.compile(r"\d+")


class NoiseState(msgspec.Struct, frozen=True, array_like=True):
    """Facts that visits learned about the noise of one page.

    ``digest`` identifies the stored lines to which the ``places`` belong. ``visits`` is the number
    of visits. ``lines`` maps the hashes of new lines to the number of consecutive visits that found
    them. ``restless`` is the number of consecutive visits in which most lines changed. ``vanished``
    contains the hashes of new lines that a later visit no longer found. ``links`` is the state of
    all links to other pages, which are treated as a single place.
    """

    digest: str = ""
    visits: int = 0
    places: tuple[Place, ...] = ()
    lines: dict[str, int] = msgspec.field(default_factory=dict)
    restless: int = 0
    vanished: tuple[str, ...] = ()
    links: Place = Place(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines of a page without its noise, and the new state.

    ``lines`` are the stored lines with all accepted differences, and ``accepted`` is the number of
    these differences. ``waits`` is true if the next visit may confirm a change. ``is_restless`` is
    true if most of the page changes at every visit.
    """

    lines: tuple[str, ...]
    state: NoiseState
    accepted: int = 0
    waits: bool = False
    is_restless: bool = False


@dataclass(frozen=True)
class Visit:
    """Findings of one visit to a page.

    ``known`` are the stored lines, and ``new`` the lines of the visit. ``number`` counts the visits
    to the page from 1. ``dated`` contains the numbers of lines that show today's date. ``lasting``
    and ``vanished`` are the new values for `NoiseState`.
    """

    known: Sequence[str]
    new: Sequence[str]
    day: dt.date
    number: int
    seen: Sequence[SeenPlace]
    dated: AbstractSet[int]
    lasting: dict[str, int]
    vanished: tuple[str, ...]

    @cached_property
    def is_learning(self) -> bool:
        """Return whether this is one of the first visits to a page that has shown noise."""
        return self.number <= LEARNING_VISITS and any(one.place.turns for one in self.seen)

    @property
    def changed_share(self) -> float:
        """Return the share of the page's lines with a text that is new in this visit."""
        size = max(len(self.known), len(self.new), 1)
        changed = [one.place for one in self.seen if one.place.value and one.place.streak == 1]
        # A page that is compared as a whole has only one place.
        if any(place.line == WHOLE_PAGE_LINE and place.turns for place in changed):
            return 1
        return len(changed) / size

    @cached_property
    def vanished_marks(self) -> frozenset[str]:
        """Return the hashes (`mark_of`) of lines that vanished from the page."""
        return frozenset(self.vanished)

    @cached_property
    def regions(self) -> Mapping[int, Place]:
        """Map each line number near restless lines to the place that changed most often."""
        found: dict[int, Place] = {}
        for place in (one.place for one in self.seen):
            if place.turns and place.whole:
                for line in range(place.line - NEAR_LINES, place.line + NEAR_LINES + 1):
                    if place.turns > found.get(line, place).turns or line not in found:
                        found[line] = place
        return found


def settle(known: Sequence[str], new: Sequence[str], state: NoiseState, day: dt.date) -> Settled:
    """Compare the lines of a page with its stored lines, and accept changes that are not noise.

    ``day`` is the date of the visit in the time zone of the page.
    """
    visit = _observed(known, new, state, day)
    return _kept(visit, _chosen(visit), state.restless)


def _observed(known: Sequence[str], new: Sequence[str], state: NoiseState, day: dt.date) -> Visit:
    """Return the findings of a visit: its differences, at remembered and new places of the page."""
    places = state.places if state.digest == digest_of(known) else ()
    found = _found(known, new, history_of(places, state))
    lasting = {
        one.mark: state.lines.get(one.mark, 0) + 1 for one in found if one.whole and one.text
    }
    stored = set(map(mark_of, known))
    gone = (mark for mark in state.lines if mark not in lasting and mark not in stored)
    vanished = tuple(dict.fromkeys((*state.vanished, *gone)))[-MAX_VANISHED:]
    seen = [
        SeenPlace(after_visit(place, mine, lasting, day.toordinal()), mine)
        for place, mine in chain(in_gaps(places, found), in_lines(places, found))
    ]
    dated = {one.line for one in found if is_clock(one, day)}
    return Visit(known, new, day, state.visits + 1, seen, dated, lasting, vanished)


def _chosen(visit: Visit) -> list[SeenPlace]:
    """Return the places with a difference that enough visits found to accept it."""
    learning = visit.is_learning
    needed = {
        one: max(
            visits_needed(one.place, learning=learning),
            *(_visits_of_line(difference, one.place, visit) for difference in one.found),
        )
        for one in visit.seen
        if one.found
    }
    # The changed words of a line are accepted together, apart from its noise.
    late = {
        one.place.line
        for one, visits in needed.items()
        if one.is_unsettled and not one.place.added and one.place.streak < visits
    }
    changes = [
        one
        for one, visits in needed.items()
        if one.place.streak >= visits
        if one.place.added or one.place.line not in late
        if not _is_date(one, visit)
    ]
    if not changes:
        return []
    # A date that changed only once, together with other text, is a part of that change.
    dates = [
        one
        for one in needed
        if one.is_unsettled and one.place.streak >= CONFIRMING_VISITS and _is_date(one, visit)
    ]
    return [*changes, *dates]


def _kept(visit: Visit, chosen: Sequence[SeenPlace], restless: int) -> Settled:
    """Accept a visit's differences at the chosen places. Return the new lines and state.

    ``restless`` is the number of consecutive earlier visits in which most lines changed.
    """
    known, ended = visit.known, frozenset(chosen)
    accepted = [difference for one in chosen for difference in one.found]
    lines = _applied(known, visit.new, accepted)
    places = [
        after_acceptance(one.place, one.found, known) if one in ended else one.place
        for one in visit.seen
        if one.found or one.place.streak < CALM_VISITS
    ]
    most_restless = sorted(moved(places, accepted), key=lambda one: -one.turns)[:MAX_PLACES]
    waits = any(
        one.is_unsettled and one not in ended and one.place.line not in visit.dated
        for one in visit.seen
    )
    row = restless + 1 if visit.changed_share >= RESTLESS_SHARE else 0
    state = NoiseState(
        digest_of(lines), visit.number, tuple(most_restless), visit.lasting, row, visit.vanished
    )
    return Settled(lines, state, len(accepted), waits and not row, row >= RESTLESS_VISITS)


def _is_date(seen: SeenPlace, visit: Visit) -> bool:
    """Return whether a place only shows today's date, or may be its weekday.

    A weekday can't be distinguished from other words, but changes every day.
    """
    is_new = seen.place.since == visit.day.toordinal()
    return all(
        is_clock(one, visit.day) or (is_new and one.line in visit.dated and _is_word(one))
        for one in seen.found
    )


def _is_word(one: Difference) -> bool:
    """Return whether a difference is a single word of letters."""
    words = WORD.findall(one.text or "")
    return not one.whole and len(words) == 1 and words[0].isalpha()


def history_of(places: Sequence[Place], state: NoiseState) -> LineHistory:
    """Return the history of a page's lines in earlier visits."""
    lines = [one for one in places if not one.added]
    restless = {one.line for one in lines if one.turns >= MIN_RESTLESS_TURNS}
    replaced = {one.line: one.value.rpartition(":")[2] for one in lines if one.value}
    return LineHistory(restless, state.lines, frozenset(state.vanished), replaced)


def digest_of(lines: Sequence[str]) -> str:
    """Return a digest that identifies lines."""
    text = "\n".join(lines).encode("utf-8", "replace")
    return blake2b(text, digest_size=8).hexdigest()


def visits_needed(place: Place, *, learning: bool) -> int:
    """Return the number of consecutive visits that must find a place's value to accept it."""
    least = CONFIRMING_VISITS_WHILE_LEARNING if learning else CONFIRMING_VISITS
    if place.turns:
        turns = CONFIRMING_VISITS + VISITS_PER_TURN * place.turns
        least = max(least, min(turns, MAX_VISITS_OF_TURNS), HOLD_FACTOR * place.longest)
    if place.value in place.seen:
        least = max(least, KNOWN_VALUE_VISITS)
    return min(least, MAX_VISITS)


def _visits_of_line(one: Difference, place: Place, visit: Visit) -> int:
    """Return the minimum number of visits before a new or missing line is accepted.

    A line near restless lines also counts as restless, and so does a line that vanished before.
    """
    if not one.whole or one.line == WHOLE_PAGE_LINE:
        return 0
    least, vanished = 0, visit.vanished_marks
    if one.mark in vanished or (not one.added and mark_of(visit.known[one.line]) in vanished):
        least = MAX_VISITS_OF_TURNS
    is_new = visit.number <= 2 * LEARNING_VISITS
    is_loose = one.added or (one.text is None and (place.turns or is_new))
    if is_loose and (region := visit.regions.get(one.line)):
        least = max(least, visits_needed(region, learning=False))
        if one.text is None and region.turns >= MIN_RESTLESS_TURNS:
            least = REMOVAL_VISITS
    return least


def is_clock(one: Difference, day: dt.date) -> bool:
    """Return whether a difference only shows the day of the visit, such as "today is 4 May 2026".

    The same date in a later visit is an ordinary difference.
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
    """Return the differences between two versions, or a single one if there are too many."""
    long = max(len(known), len(new)) > MAX_LINES
    if not long and max(sum(map(len, known)), sum(map(len, new))) <= MAX_LENGTH:
        found = differences(known, new, history)
        if len(found) <= MAX_PLACES:
            return found
    if [*known] == [*new]:
        return []
    return [Difference(WHOLE_PAGE_LINE, 0, 0, "\n".join(new), "", whole=True)]


def _applied(
    known: Sequence[str], new: Sequence[str], accepted: Sequence[Difference]
) -> tuple[str, ...]:
    if any(one.line == WHOLE_PAGE_LINE for one in accepted):
        return tuple(new)
    return tuple(apply(known, accepted, new)) if accepted else tuple(known)
