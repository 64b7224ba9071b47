"""What benchmarks/migrate.py starts as processes of their own."""
