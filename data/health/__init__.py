"""Whether a source works, and whether it is heard of as often as it used to be."""
