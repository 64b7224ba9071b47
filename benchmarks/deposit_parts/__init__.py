"""Parts of benchmarks/deposit.py."""
