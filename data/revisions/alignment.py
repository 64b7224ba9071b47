"""Alignment of two sequences of lines or words within a limited number of steps."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate, pairwise


@dataclass(slots=True)
class ComparisonBudget:
    """Remaining number of comparisons. ``is_spent`` is true once a comparison was refused."""

    left: int
    is_spent: bool = False


@dataclass(frozen=True, slots=True)
class AlignedBlock:
    """A slice of each of two sequences. They are equal, or the new slice replaces the old slice."""

    is_same: bool
    old: slice
    new: slice


def aligned(old: Sequence[str], new: Sequence[str], *, steps: int) -> list[AlignedBlock]:
    """Align two sequences. The returned blocks cover both of them completely.

    `difflib` aligns the sequences if this takes at most ``steps`` steps. Otherwise, elements that
    occur once in each sequence are aligned first ("patience diff"), and `difflib` aligns the parts
    between them, again in at most ``steps`` steps. Any remaining parts are not compared.
    """
    exact = ComparisonBudget(steps)
    blocks = list(matched(old, new, exact))
    return blocks if not exact.is_spent else list(_anchored(old, new, ComparisonBudget(steps)))


def matched(
    old: Sequence[str], new: Sequence[str], budget: ComparisonBudget
) -> Iterator[AlignedBlock]:
    """Align two sequences like `difflib`, within the budget."""
    matcher = _BoundedMatcher(old, new, budget)
    for tag, first, last, start, stop in matcher.get_opcodes():
        yield AlignedBlock(tag == "equal", slice(first, last), slice(start, stop))


class _BoundedMatcher(SequenceMatcher[str]):
    """A SequenceMatcher that finds no more matches once its budget is spent."""

    def __init__(self, old: Sequence[str], new: Sequence[str], budget: ComparisonBudget) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._budget = budget
        counts = Counter(new)
        self._pairs = list(accumulate((counts[one] for one in old), initial=0))

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Find the longest match like `difflib`, or no match if the budget is too small."""
        ahi = len(self._pairs) - 1 if ahi is None else ahi
        # difflib visits each element of the old slice, and all positions of this element in the new
        # sequence.
        pairs = self._pairs[ahi] - self._pairs[alo]
        if not pairs:
            return Match(alo, blo, 0)
        if pairs + ahi - alo > self._budget.left:
            self._budget.is_spent = True
            return Match(alo, blo, 0)
        self._budget.left -= pairs + ahi - alo
        return super().find_longest_match(alo, ahi, blo, bhi)


def _anchored(
    old: Sequence[str], new: Sequence[str], budget: ComparisonBudget
) -> Iterator[AlignedBlock]:
    first = _shared_length(old, new)
    last = _shared_length(old[first:][::-1], new[first:][::-1])
    ends = len(old) - last, len(new) - last
    anchors = [
        (first + i, first + j) for i, j in _unique(old[first : ends[0]], new[first : ends[1]])
    ]
    if first:
        yield AlignedBlock(is_same=True, old=slice(0, first), new=slice(0, first))
    for (i, j), (k, m) in pairwise([(first - 1, first - 1), *anchors, ends]):
        for block in matched(old[i + 1 : k], new[j + 1 : m], budget):
            yield AlignedBlock(block.is_same, _moved(block.old, i + 1), _moved(block.new, j + 1))
        if (k, m) != ends:
            yield AlignedBlock(is_same=True, old=slice(k, k + 1), new=slice(m, m + 1))
    if last:
        yield AlignedBlock(is_same=True, old=slice(ends[0], None), new=slice(ends[1], None))


def _shared_length(old: Sequence[str], new: Sequence[str]) -> int:
    """Return the number of equal elements at the start of both sequences."""
    unequal = (n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    return next(unequal, min(len(old), len(new)))


def _unique(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions in both sequences of elements that occur once in each.

    The result is the longest series with the same order in both sequences.
    """
    counts, others = Counter(old), Counter(new)
    places = {one: j for j, one in enumerate(new) if others[one] == 1}
    pairs = [(i, places[one]) for i, one in enumerate(old) if counts[one] == 1 and one in places]
    # Longest increasing subsequence: for each length, the pair with the earliest end.
    ends: list[int] = []
    chosen: list[int] = []
    links: list[int | None] = []
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        links.append(chosen[length - 1] if length else None)
        if length == len(ends):
            ends.append(j)
            chosen.append(n)
        else:
            ends[length], chosen[length] = j, n
    found = []
    place = chosen[-1] if chosen else None
    while place is not None:
        found.append(pairs[place])
        place = links[place]
    return found[::-1]


def _moved(one: slice, by: int) -> slice:
    return slice(one.start + by, one.stop + by)
