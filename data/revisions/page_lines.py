"""Differences between the lines of two versions of a single page, down to the changed words.

Moved lines are not a difference, because galleries and lists of links often have a random order.
Lines that swapped places between unchanged neighbours are a difference.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from data.revisions.alignment import ComparisonBudget, aligned, matched
from data.text.words import words_and_signs

MAX_LINE_COMPARISONS: Final = 2_000_000
"""Maximum number of line comparisons per diff."""

MAX_WORD_STEPS: Final = 2_000_000
"""Maximum number of word comparisons per page."""

MAX_PAIRED_LINES: Final = 10_000
"""Maximum number of pairs of changed lines per passage whose words are compared."""

MAX_LINE_WORDS: Final = 400
"""Maximum number of words in a line that is compared word by word."""

MIN_SIMILARITY: Final = 0.5
"""Minimum share of common words at which a line is a version of another line."""

MAX_SHAPE_LENGTH: Final = 60
"""Maximum length in characters of a line that is compared by its shape, in which ``a`` replaces
each word and ``1`` each number."""

WORD: Final = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+\b|\d+(?:[.,:/\u2019'-]\d+)*|\w+|[^\w\s]"
)
"""Pattern of a word. A number, date or time is one word, because its parts change together."""

EXCHANGED: Final = "\x00"
"""First character of the key of a line that swapped places. No line begins with it."""

MAX_EXCHANGED: Final = 8
"""Maximum number of lines in a circular swap, in which each line takes the place of the next."""

MARK_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between a known line and a new version of its page.

    The words from ``start`` to ``end`` of line number ``line`` are replaced with ``text``. If
    ``whole`` is true, the whole line is replaced, and a ``text`` of None means that the line is
    gone. If ``added`` is true, ``text`` is a new line before line number ``line``. ``new_line`` is
    the line with all its differences, and ``spaces`` are the spaces around ``text``. Differences in
    neighbouring lines have the same ``passage``.
    """

    line: int
    start: int
    end: int
    text: str | None
    new_line: str
    passage: int = 0
    whole: bool = False
    added: bool = False
    spaces: tuple[str, str] = ("", "")

    @property
    def mark(self) -> str:
        """Return a short hash of the new text."""
        return "" if self.text is None else mark_of(self.text)

    @property
    def value(self) -> str:
        """Return a short text that identifies this difference at its place."""
        return f"{self.start}-{self.end}:{'gone' if self.text is None else self.mark}"


@lru_cache(maxsize=20_000)
def mark_of(text: str) -> str:
    """Return a short hash of the words of a text."""
    words = _key(text)
    return blake2b(words.encode("utf-8", "replace"), digest_size=MARK_BYTES).hexdigest()


@dataclass(frozen=True, slots=True)
class LineHistory:
    """History of a page's lines in earlier visits.

    ``restless`` contains the numbers of known lines that changed before. ``lasting`` contains the
    hashes of new lines that the last visit also found, and ``rotating`` the hashes of lines that
    came and went. ``replaced`` contains the hashes of the new lines that replaced known lines in
    the last visit.
    """

    restless: Collection[int] = ()
    lasting: Collection[str] = ()
    rotating: Collection[str] = ()
    replaced: Mapping[int, str] = field(default_factory=dict)


def differences(
    known: Sequence[str], new: Sequence[str], history: LineHistory | None = None
) -> list[Difference]:
    """Return the differences between the ``known`` lines of a page and its ``new`` lines.

    If several lines may have replaced a known line, the ``history`` decides.
    """
    history = history or LineHistory()
    before, after = [*map(_key, known)], [*map(_key, new)]
    exchanged = _exchanged(before, after)
    for line, at in exchanged.items():
        before[line] = after[at] = f"{EXCHANGED}{line}"
    passages = [
        (block.old, block.new)
        for block in aligned(before, after, steps=MAX_LINE_COMPARISONS)
        if not block.is_same
    ]
    moved = Counter(before[at] for old, _ in passages for at in range(old.start, old.stop))
    moved &= Counter(after[at] for _, place in passages for at in range(place.start, place.stop))
    left, right = moved.copy(), moved.copy()
    found: list[Difference] = []
    budget = ComparisonBudget(MAX_WORD_STEPS)
    for line, at in exchanged.items():
        found += Passage(known, new, line, [line], [at], budget).of_line(line, at)
    for old, place in passages:
        gone = [at for at in range(old.start, old.stop) if not _take(left, before[at])]
        added = [at for at in range(place.start, place.stop) if not _take(right, after[at])]
        passage = Passage(known, new, old.start, gone, added, budget)
        found += passage.differences(history)
    return found


def _exchanged(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Return the known lines that swapped places, each with the new line in its place.

    Two lines may swap places, or up to MAX_EXCHANGED lines in a circle. A place is identified by
    the lines around it, so items of a re-sorted list are not found.
    """
    places = {around: at for around, at in _around(after) if at >= 0}
    replaced: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for around, old in _around(before):
        at = places.get(around, -1)
        if old >= 0 <= at and before[old] != after[at]:
            replaced.setdefault((before[old], after[at]), []).append((old, at))
    steps: dict[str, list[tuple[str, int, int]]] = {}
    for (one, other), pairs in replaced.items():
        steps.setdefault(one, []).extend((other, old, at) for old, at in pairs)
    found: dict[int, int] = {}
    for one in steps:
        line, circle = one, dict[int, int]()
        while len(following := steps.get(line, [])) == 1 and len(circle) < MAX_EXCHANGED:
            line, old, at = following[0]
            circle[old] = at
            if line == one:
                found |= circle
                break
    return found


def _around(lines: Sequence[str]) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield each line's neighbours and number, or -1 if several lines have these neighbours."""
    padded = ["", *lines, ""]
    found: dict[tuple[str, str], int] = {}
    for at, around in enumerate(zip(padded, padded[2:], strict=False)):
        found[around] = -1 if around in found else at
    yield from found.items()


@lru_cache(maxsize=20_000)
def _key(line: str) -> str:
    return " ".join(words_and_signs(line)) or line.strip()


def _take(counts: Counter[str], key: str) -> bool:
    if not counts[key]:
        return False
    counts[key] -= 1
    return True


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of changed lines: the numbers of ``gone`` known lines and of ``added`` new lines.

    ``first`` is the number of its first known line. ``budget`` limits the comparisons of words.
    """

    known: Sequence[str]
    new: Sequence[str]
    first: int
    gone: list[int]
    added: list[int]
    budget: ComparisonBudget

    def differences(self, history: LineHistory) -> Iterator[Difference]:
        """Yield the differences of this passage."""
        pairs = dict(_similar(self.known, self.new, self.gone, self.added))
        paired = {*pairs.values()}
        for old, at in pairs.items():
            yield from self.of_line(old, at)
        replaced = self._replaced(
            [old for old in self.gone if old not in pairs],
            [at for at in self.added if at not in paired],
            history,
        )
        for old in self.gone:
            if old not in pairs:
                text = self.new[replaced[old]] if old in replaced else None
                size = len(WORD.findall(self.known[old]))
                yield Difference(old, 0, size, text, text or "", self.first, whole=True)
        # A restless line may be at any position, so it is no anchor for other lines.
        anchors = pairs | {old: at for old, at in replaced.items() if old not in history.restless}
        taken = paired.union(replaced.values())
        for at in self.added:
            if at not in taken:
                above = [old for old, other in anchors.items() if other < at]
                line = max(above, default=self.first - 1) + 1
                text = self.new[at]
                yield Difference(line, 0, 0, text, text, self.first, whole=True, added=True)

    def of_line(self, line: int, at: int) -> Iterator[Difference]:
        """Yield the differences between the words of a line and its new version, line ``at``."""
        known, new = self.known[line], self.new[at]
        spans, after = [*WORD.finditer(known)], [*WORD.finditer(new)]
        before = [match.group() for match in spans]
        if max(len(before), len(after)) > MAX_LINE_WORDS:
            yield Difference(line, 0, len(before), new, new, self.first, whole=True)
            return
        words = [match.group() for match in after]
        same = sum(one == other for one, other in zip(before, words, strict=False))
        if len(before) == len(words) and same >= MIN_SIMILARITY * len(words):
            # Equal words at other positions are not taken for each other.
            steps = [(slice(0, len(before)), slice(0, len(words)))]
        else:
            blocks = matched(before, words, self.budget)
            steps = [(block.old, block.new) for block in blocks if not block.is_same]
        for old, place in _single_words(before, words, steps):
            some = after[place]
            text = new[some[0].start() : some[-1].end()] if some else ""
            # A minus is a word only before its number.
            if words_and_signs(_beside(known, spans, old)) != words_and_signs(
                _beside(new, after, place)
            ):
                spaces = _spaces(new, after, place)
                yield Difference(line, old.start, old.stop, text, new, self.first, spaces=spaces)

    def _replaced(self, gone: list[int], added: list[int], history: LineHistory) -> dict[int, int]:
        """Match gone and added lines without similar words. Maps each gone line to an added line.

        A lasting new line replaces a calm line. Any other new line replaces a restless line.
        Rotating lines never replace calm lines.
        """
        marks = {at: mark_of(self.new[at]) for at in added}
        calm = [old for old in gone if old not in history.restless]
        lasting = [
            at for at in added if marks[at] in history.lasting and marks[at] not in history.rotating
        ]
        found = {
            old: at for old in calm for at in lasting if history.replaced.get(old) == marks[at]
        }
        taken = set(found.values())
        found |= zip(
            [old for old in calm if old not in found],
            [at for at in lasting if at not in taken],
            strict=False,
        )
        restless = [old for old in gone if old in history.restless]
        passing = [at for at in added if at not in lasting]
        found |= zip(restless, passing, strict=False)
        taken = set(found.values())
        fresh = [at for at in added if at not in taken and marks[at] not in history.rotating]
        found |= zip([old for old in calm if old not in found], fresh, strict=False)
        return found


def _single_words(
    before: Sequence[str], after: Sequence[str], steps: Sequence[tuple[slice, slice]]
) -> Iterator[tuple[slice, slice]]:
    """Yield the differing parts of two lines. Parts with equal numbers of words are split."""
    for old, new in steps:
        size = old.stop - old.start
        if size != new.stop - new.start:
            yield old, new
            continue
        for at in range(size):
            if before[old.start + at] != after[new.start + at]:
                yield (
                    slice(old.start + at, old.start + at + 1),
                    slice(new.start + at, new.start + at + 1),
                )


def _similar(
    known: Sequence[str], new: Sequence[str], gone: Sequence[int], added: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of a known and a new line that have most of their words in common, in order.

    Short lines with figures, such as dates, are pairs if they have the same shape.
    """
    if len(gone) * len(added) > MAX_PAIRED_LINES:
        yield from zip(gone, added, strict=False)
        return
    others = [(Counter(_key(new[at]).split()), _shape(new[at])) for at in added]
    # best[a][b]: highest sum of similarities of the lines from number a and b on
    best = [[0.0] * (len(added) + 1) for _ in range(len(gone) + 1)]
    pairs = [[0.0] * len(added) for _ in gone]
    for a in reversed(range(len(gone))):
        mine, shape = Counter(_key(known[gone[a]]).split()), _shape(known[gone[a]])
        for b in reversed(range(len(added))):
            words, other = others[b]
            share = 2 * (mine & words).total() / max(1, mine.total() + words.total())
            has_shape = bool(shape) and shape == other and (share or not mine)
            pairs[a][b] = share if has_shape or share >= MIN_SIMILARITY else 0.0
            paired = best[a + 1][b + 1] + pairs[a][b]
            best[a][b] = max(best[a + 1][b], best[a][b + 1], paired)
    a = b = 0
    while a < len(gone) and b < len(added):
        if pairs[a][b] and best[a][b] == best[a + 1][b + 1] + pairs[a][b]:
            yield gone[a], added[b]
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1


def _shape(line: str) -> str:
    """Return the shape of a short line with figures, such as ``a,1a1``, or ""."""
    if not any(map(str.isdecimal, line)) or len(line) > MAX_SHAPE_LENGTH:
        return ""
    words = WORD.findall(line)
    return "".join("1" if one[0].isdecimal() else "a" if one[0].isalpha() else one for one in words)


def apply(
    known: Sequence[str], accepted: Sequence[Difference], new: Sequence[str] = ()
) -> list[str]:
    """Return the known lines with the accepted differences.

    If a line has the same words as a line of ``new``, it gets the punctuation of the new line.
    """
    lines: list[str | None] = [*known]
    for one in sorted(accepted, key=lambda one: (one.line, one.start), reverse=True):
        if one.added:
            continue
        line = known[one.line] if one.whole else lines[one.line]
        if one.whole or line is None:
            lines[one.line] = one.text
            continue
        lines[one.line] = _replaced(line, one)
    before: dict[int, list[str]] = {}
    for one in accepted:
        if one.added and one.text is not None:
            before.setdefault(one.line, []).append(one.text)
    result: list[str] = []
    for number, line in enumerate([*lines, None]):
        result += before.get(number, [])
        if line is not None:
            result.append(line)
    return _respelled(result, new)


def _respelled(lines: Sequence[str], new: Sequence[str]) -> list[str]:
    spellings: dict[str, list[str]] = {}
    for line in reversed(new):
        spellings.setdefault(_key(line), []).append(line)
    return [same.pop() if (same := spellings.get(_key(line))) else line for line in lines]


def _replaced(line: str, one: Difference) -> str:
    """Return a line with a difference applied. The words before the difference are unchanged."""
    places = [match.span() for match in WORD.finditer(line)]
    start = places[one.start - 1][1] if one.start else 0
    end = places[one.end][0] if one.end < len(places) else len(line)
    left, right = one.spaces
    return f"{line[:start]}{left}{one.text or ''}{right}{line[end:]}".strip()


def _beside(line: str, words: Sequence[re.Match[str]], place: slice) -> str:
    """Return a part of a line: some words, and the characters directly before and after them."""
    start = words[place.start - 1].end() - 1 if place.start else 0
    end = words[place.stop].start() + 1 if place.stop < len(words) else len(line)
    return line[start:end]


def _spaces(line: str, words: Sequence[re.Match[str]], place: slice) -> tuple[str, str]:
    """Return the spaces before and after the words at a place of a line."""
    start = words[place.start - 1].end() if place.start else 0
    end = words[place.stop].start() if place.stop < len(words) else len(line)
    if place.start == place.stop:
        return line[start:end], ""
    return line[start : words[place.start].start()], line[words[place.stop - 1].end() : end]
