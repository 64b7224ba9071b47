"""Rebuilding of a lost home directory, and creation of a store that hides the same releases."""
