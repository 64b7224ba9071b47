"""Press rooms that live on and break, for benchmarks/breakages.py: sites, scripts and visits."""
