"""Compare the copies of one page in several archives, ignoring the page's noise.

Noise is text that changes from visit to visit, such as a counter. A copy consists of a title, a
date and the lines of a text. The functions have no side effects.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final, Literal, TypeAlias

from data.models import Content
from data.revisions.noise import is_clock
from data.revisions.page_lines import WORD, Difference, differences

OWN_COPY: Final = "ours"
"""Name of our own copy among the copies that are compared."""

NEAR_LINES: Final = 1
"""An added or missing line is noise if it is at most this many lines from a line that changes from
visit to visit."""

MIN_TURNS: Final = 2
"""A passage that changed at least this many times in our captures is noise."""

MAX_LINES: Final = 5000
"""Maximum number of lines that are compared per copy."""

MAX_DIFFERENCES: Final = 1000
"""Maximum number of differences per copy that are compared with the differences of other copies."""

MAX_PASSAGE_LENGTH: Final = 2000
"""Maximum length in characters of each text of a passage in a report."""

MIN_MAJORITY_VOICES: Final = 3
"""Minimum number of copies, including ours, for a majority to show which copy was altered."""

TOKEN: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w-]{8,}")
"""Pattern of a random word on a page, such as a session id."""

Places: TypeAlias = Mapping[int, Sequence[Difference]]
"""Differences from the lines of a text, by line number."""

Words: TypeAlias = tuple[int, bool, int, int | None]
"""Words in a text: the number of their line, whether they are a new line before it, the first word,
and the end (exclusive). An end of None stands for the whole line."""

Agreement: TypeAlias = Literal[
    "payload", "text", "other_time", "differs", "absent", "failed", "skipped"
]
"""Result of comparing another archive's copy with ours.

- ``payload``: the same bytes
- ``text``: the same text without noise
- ``other_time``: a different text, from a time for which our archive has no copy
- ``differs``: a different text from the same time
- ``absent``: the archive has no copy
- ``failed``: the archive did not respond
- ``skipped``: no request was sent, because the archive must not learn the address"""


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of one archive: the lines of a version, and the period in which the page showed it.

    ``digest`` is the digest of its payload or "". ``until`` is the last time at which the version
    is known to have been online.
    """

    lines: Sequence[str]
    since: dt.datetime
    until: dt.datetime
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in which copies differ: our text and the other text, empty if a line is missing."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of comparing one archive's copy with ours.

    ``is_accused`` is true if most other copies contradict this copy.
    """

    archive: str
    agreement: Agreement
    passages: Sequence[Passage] = ()
    is_accused: bool = False
    problem: str = ""


def lines_of(title: str, published: str, text: str) -> list[str]:
    """Return the lines of a copy: the title, the day of publication, and the text."""
    lines = (" ".join(line.split()) for line in (title, published[:10], *text.splitlines()))
    return [*islice(filter(None, lines), MAX_LINES)]


def content_lines(content: Content) -> list[str]:
    """Return the lines of our own copy."""
    published = content.published.iso if content.published else ""
    return lines_of(content.title, published, content.body_text)


def unstable_places(lines: Sequence[str], captures: Sequence[tuple[Sequence[str], bool]]) -> Places:
    """Return the words of ``lines`` that change from visit to visit, according to our captures.

    ``captures`` are in order of time. The boolean of each capture is true if it shows the same
    version as ``lines``. Words are unstable if they changed within this version, or at least twice.
    All other changed words in the same line are then unstable, too. An edit by the publisher
    changes words only once. Words that are the same in all captures are stable: if ``lines`` differ
    there, our text was altered.
    """
    found = [
        (by_line(differences(lines, capture)[:MAX_DIFFERENCES]), is_same)
        for capture, is_same in captures
    ]
    places = {
        words_at(one): one for some, _ in found for part in some.values() for one in part
    }.values()
    changed: list[Difference] = []
    restless: set[int] = set()
    for place in places:
        texts = [(text_at(place, some), is_same) for some, is_same in found]
        turns = [
            before and is_same
            for (text, before), (other, is_same) in pairwise(texts)
            if text != other
        ]
        if turns:
            changed.append(place)
        if any(turns) or len(turns) >= MIN_TURNS:
            restless.add(place.line)
    return by_line(one for one in changed if one.line in restless)


def by_line(some: Iterable[Difference]) -> Places:
    """Group differences by their line number."""
    found: dict[int, list[Difference]] = {}
    for one in some:
        found.setdefault(one.line, []).append(one)
    return found


def true_differences(ours: Sequence[str], theirs: Copy, unstable: Places) -> list[Difference]:
    """Return the first differences between two copies that are not noise.

    ``unstable`` are the words of our lines that change from visit to visit.
    """
    day = theirs.since.date()
    found = differences(ours, theirs.lines)
    true = (one for one in found if not is_noise(one, ours, day, unstable))
    return [*islice(true, MAX_DIFFERENCES)]


def is_noise(one: Difference, ours: Sequence[str], day: dt.date, unstable: Places) -> bool:
    """Return whether a difference is noise: today's date, a random token, or unstable words."""
    loose = one.whole or one.added
    near = NEAR_LINES if loose else 0
    for line in range(one.line - near, one.line + near + 1):
        for place in unstable.get(line, ()):
            if place.whole or place.added or (line == one.line and is_same_place(place, one)):
                return True
    if loose:
        return False
    mine = WORD.findall(ours[one.line]) if one.line < len(ours) else []
    before, after = mine[one.start : one.end], WORD.findall(one.text or "")
    drawn = [TOKEN.fullmatch(word) for word in (*before, *after)]
    return is_clock(one, day) or (len(before) == len(after) > 0 and all(drawn))


def passage_of(ours: Sequence[str], one: Difference) -> Passage:
    """Return the line of ``ours`` that contains a difference, and the other copy's line."""
    mine = "" if one.added or one.line >= len(ours) else ours[one.line]
    return Passage(mine[:MAX_PASSAGE_LENGTH], one.new_line[:MAX_PASSAGE_LENGTH])


def judged(
    ours: Sequence[str], found: Mapping[str, Sequence[Difference]]
) -> Mapping[str, tuple[Sequence[Passage], bool]]:
    """Return the differing passages of each copy, and whether most other copies contradict it.

    ``found`` contains the differences of each other copy from ours. Where no two copies agree, the
    difference is noise, because the page probably shows something different to each visitor. The
    key of our own copy is `OWN_COPY`.
    """
    places = {name: by_line(some) for name, some in found.items()}
    passages: dict[str, list[Passage]] = {name: [] for name in (OWN_COPY, *found)}
    accused: set[str] = set()
    agreeing: dict[Words, int] = {}
    for name, some in found.items():
        for one in some:
            if (words := words_at(one)) not in agreeing:
                groups: dict[str, list[str]] = {}
                for other in (OWN_COPY, *found):
                    text = text_at(one, places.get(other, {}))
                    groups.setdefault(text, []).append(other)
                most = agreeing[words] = max(map(len, groups.values()))
                if most * 2 > len(found) + 1 >= MIN_MAJORITY_VOICES:
                    accused.update(
                        other for same in groups.values() if len(same) != most for other in same
                    )
            if len(found) == 1 or agreeing[words] > 1:
                passages[name].append(passage_of(ours, one))
    if OWN_COPY in accused:
        passages[OWN_COPY] = [one for some in passages.values() for one in some]
    return {name: (some, name in accused) for name, some in passages.items()}


def words_at(one: Difference) -> Words:
    """Return the words of our copy that a difference affects: the line, and the words in it."""
    if one.whole or one.added:
        return one.line, one.added, 0, None
    return one.line, False, one.start, one.end


def text_at(place: Difference, some: Places) -> str:
    """Return another copy's text in place of our words, or "" if it has the same words.

    ``place`` is a difference that identifies our words. ``some`` contains the other copy's
    differences.
    """
    near = some.get(place.line, ())
    return "\n".join(one.text or "-" for one in near if is_same_place(place, one))


def is_same_place(one: Difference, other: Difference) -> bool:
    """Return whether two differences from the same lines affect the same words."""
    if one.line != other.line or one.added != other.added:
        return False
    if one.whole or other.whole:
        return True
    return one.start < max(other.end, other.start + 1) and other.start < max(one.end, one.start + 1)


def overlaps(one: Copy, other: Copy) -> bool:
    """Return whether the periods in which two copies show the page overlap, in whole seconds."""
    starts = (copy.since.replace(microsecond=0) for copy in (one, other))
    return max(starts) <= min(one.until, other.until)
