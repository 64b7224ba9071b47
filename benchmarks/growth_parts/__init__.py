"""The inputs and the functions of benchmarks/growth.py."""
