"""Real content management systems on loopback, filled with invented posts."""
