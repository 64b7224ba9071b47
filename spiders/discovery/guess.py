"""A guess about a site: a value, how sure it is, and why."""

from __future__ import annotations

from dataclasses import dataclass

SURE = 0.6
"""Confidence from which on nobody needs to be asked."""


@dataclass(frozen=True, slots=True)
class Guess:
    """``confidence`` is 0 to 1; ``rule`` says in a few words what the guess rests on."""

    value: str
    confidence: float
    rule: str

    @property
    def sure(self) -> bool:
        """Whether it can be taken as it is."""
        return self.confidence >= SURE
