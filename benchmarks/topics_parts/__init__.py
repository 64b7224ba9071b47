"""The parts of benchmarks/topics.py: texts with labels, and counting of results."""
