"""Numbers of topics that were found correctly, found incorrectly, and missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.topics_parts.labelled import Labelled


@dataclass
class Counts:
    """Counts by topic."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, one: Labelled, found: Iterable[str]) -> None:
        """Count what was found in a text."""
        given = set(found)
        self.right.update(given & one.topics)
        self.wrong.update(given - one.topics - one.may)
        self.missed.update(one.topics - given)

    def of(self, topics: Iterable[str]) -> Counts:
        """The counts of some topics."""
        chosen = set(topics)

        parts = (
            {t: n for t, n in c.items() if t in chosen}
            for c in (self.right, self.wrong, self.missed)
        )
        return Counts(*map(Counter, parts))

    @property
    def precision(self) -> float:
        """The share of what was found that is right; 1 where nothing was found."""
        found = self.right.total() + self.wrong.total()
        return self.right.total() / found if found else 1.0

    def __str__(self) -> str:
        right, wrong, missed = self.right.total(), self.wrong.total(), self.missed.total()
        recall = right / (right + missed) if right + missed else 1.0
        return (
            f"precision {self.precision:.2f} recall {recall:.2f}"
            f" ({right} right, {wrong} wrong, {missed} missed)"
        )
