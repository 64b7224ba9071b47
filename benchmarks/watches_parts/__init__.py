"""The parts of benchmarks/watches.py.

Each part has a function ``measure(*, few: bool) -> dict[str, object]``. It returns the measured
values by names that contain their units. The first line of its docstring describes the measurement.
"""
