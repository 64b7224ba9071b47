"""The parts of benchmarks/watches.py.

Each that is named there has a function ``measure(*, few: bool) -> dict[str, object]``, which gives
what it measured by names that tell the unit, and a docstring whose first line says what that is.
"""
