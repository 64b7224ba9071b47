"""Callbacks that receive the progress of long work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[int, int], None]
"""Receives how many parts are done, and how many there are."""

OnStepProgress: TypeAlias = Callable[[str, int, int], None]
"""Receives the name of a step, how many of its parts are done, and how many there are."""
