"""How many examples Hypothesis makes in a test whose examples take long."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> settings:
    """So many examples, and ten times as many with ``--hypothesis-profile=thorough``."""
    return settings(max_examples=count * settings().max_examples // 100)
