"""What benchmarks/topics.py reads: texts with labels, and how they are counted."""
