"""How unlikely a wait is."""

from __future__ import annotations

from math import exp

from data.health.activity import NO_OTHERS, Others
from data.health.rhythm import ReleaseWait

MANY = 1e9


def test_waits_are_exponential_if_the_rate_is_known() -> None:
    wait = ReleaseWait(follows=1.0, evidence=MANY)
    assert wait.chance == 1
    for _ in range(3):
        wait.add(1.0, Others(1.0, MANY))
    assert abs(wait.chance - exp(-3)) < 1e-6


def test_uncertainty_makes_a_long_wait_more_likely() -> None:
    chances = []
    for evidence, others in ((MANY, Others(1.0, MANY)), (5.0, Others(1.0, MANY)), (5.0, NO_OTHERS)):
        wait = ReleaseWait(1.0, evidence)
        wait.add(4.0, others)
        chances.append(wait.chance)
    assert chances == sorted(chances)
    assert chances[0] < chances[2] / 2


def test_a_quiet_day_counts_by_how_far_a_source_follows_others() -> None:
    found = []
    for follows in (0.5, 1.0, 2.0):
        wait = ReleaseWait(follows, MANY)
        wait.add(1.0, Others(0.5, 20.0))
        found.append(wait.expected)
    assert [round(one, 2) for one in found] == [0.71, 0.5, 0.25]
