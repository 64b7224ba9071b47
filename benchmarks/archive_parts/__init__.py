"""The parts of benchmarks/archive.py.

Each module has a function ``measure(*, few: bool) -> dict[str, object]``. It returns the measured
values by names that contain their units. The first line of its docstring describes the measurement.
"""
