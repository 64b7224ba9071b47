"""What benchmarks/faults.py holds the project to: one module a room."""
