"""The parts of benchmarks/backup.py, one a file; each has ``measure``."""
