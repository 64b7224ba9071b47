"""Parts of benchmarks/catalogue.py."""
