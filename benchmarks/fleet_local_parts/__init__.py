"""Press rooms on loopback, and real services and workers that visit them."""
