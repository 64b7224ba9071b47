"""Golden tests of a source: pages as served, and what must be read off them."""
