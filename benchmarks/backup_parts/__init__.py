"""The parts of benchmarks/backup.py, one per file; each has a function ``measure``."""
