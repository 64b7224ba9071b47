"""Types of callbacks that report the progress of long tasks."""

from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[int, int], None]
"""Callback with the number of completed parts and the total number of parts."""

OnStepProgress: TypeAlias = Callable[[str, int, int], None]
"""Callback with the name of a step, its number of completed parts, and its number of parts."""
