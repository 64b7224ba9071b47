"""The faults that benchmarks/faults.py checks, in one module per topic."""
