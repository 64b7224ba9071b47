"""The parts of benchmarks/archive.py.

Each module has a function ``measure(*, few: bool) -> dict[str, object]``, which gives what it
measured by names that tell the unit, and a docstring whose first line says what it measures.
"""
