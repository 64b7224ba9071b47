"""Press rooms that publish and break, for benchmarks/breakages.py: sites, scripts and visits."""
