"""Restore a lost home directory, or a new store that hides the same releases, from an archive."""
