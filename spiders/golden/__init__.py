"""Golden tests of a source: its pages as served, and their expected extraction."""
