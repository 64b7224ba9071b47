"""Programs that benchmarks/migrate.py starts as separate processes."""
