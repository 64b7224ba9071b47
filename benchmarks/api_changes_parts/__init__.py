"""The client that benchmarks/api_changes.py kills."""
