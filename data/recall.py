"""How much of what a source publishes was found: its own boxes of other news tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recall:
    """The releases that the pages of a source name, and what was known of them.

    ``known`` were in the store when they were first named. ``missed`` are the addresses that no
    listing had shown, though it showed older ones; ``older`` counts those from before all that
    listings showed. Both were fetched since. ``unread`` are addresses that no release was found at,
    yet or ever.
    """

    known: int
    missed: tuple[str, ...]
    older: int
    unread: tuple[str, ...]

    @property
    def named(self) -> int:
        """How many releases were named that a listing should have shown."""
        return self.known + len(self.missed)

    @property
    def share(self) -> float | None:
        """The part of them that was known, 0 to 1; None where none was named."""
        return round(self.known / self.named, 4) if self.named else None
