"""The variants of real systems that the benchmark runs."""

from __future__ import annotations

from tests.systems.catalogue import variants


def test_there_are_a_hundred_variants_and_more_and_no_two_bear_one_name() -> None:
    names = [variant.name for variant in variants()]
    assert len(names) >= 100
    assert len(set(names)) == len(names)
