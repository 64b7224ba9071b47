"""How unlikely it is that a source that goes on has been quiet for so long.

A wait adds up hazards: what was expected since the last release. With a hazard that is known, the
chance that nothing came is exp(-expected). It is not known: by a Gamma distribution of it, the
chance is (1 + expected * spread) ** (-1 / spread), where ``spread`` is its squared coefficient of
variation (Lomax 1954). It has a share of each thing that is not known: the rate of the source, what
the others would do where there are few, and how far the source follows them when they are quiet.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

from data.health.activity import SHRINKAGE, Others

ALONE: Final = 0.2
"""The spread of a source of which no others tell what goes on in its country."""

QUIET: Final = 0.16
"""The spread per unit of the logarithm by which the others are quieter than usual."""


@dataclass(slots=True)
class Wait:
    """A wait since the last release of a source that follows the others to a power.

    ``evidence`` is the shape of the Gamma distribution of its rate.
    """

    follows: float
    evidence: float
    expected: float = 0.0
    doubt: float = 0.0

    def add(self, hazard: float, others: Others) -> None:
        """Wait for one more day of such a hazard."""
        counted = hazard * others.busy**self.follows
        self.expected += counted
        few = SHRINKAGE / (SHRINKAGE + others.expected)
        self.doubt += counted * (ALONE * few + QUIET * max(0.0, -log(others.busy)))

    @property
    def chance(self) -> float:
        """The chance that a source that goes on is quiet for so long."""
        if not self.expected:
            return 1.0
        spread = 1 / self.evidence + self.doubt / self.expected
        return float((1 + self.expected * spread) ** (-1 / spread))
