"""Number of examples and cases in a quick and in a thorough run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings


def examples(percent: int) -> settings:
    """Return settings with a percentage of the examples of the Hypothesis profile in use."""
    return settings(max_examples=percent * settings().max_examples // 100)


def thorough(*cases: Any) -> list[Any]:
    """Return further cases of a complete path, which run with ``pytest -m thorough``.

    A tuple has the values of several parameters.
    """
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough)
        for case in cases
    ]
