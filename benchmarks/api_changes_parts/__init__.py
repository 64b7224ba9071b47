"""The consumer that benchmarks/api_changes.py kills."""
