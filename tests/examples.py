"""Number of examples of Hypothesis in tests with slow or quick examples."""

from __future__ import annotations

from hypothesis import settings


def examples(percent: int) -> settings:
    """Return settings with a percentage of the examples of the profile in use."""
    return settings(max_examples=percent * settings().max_examples // 100)
