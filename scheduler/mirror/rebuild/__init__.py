"""Rebuild a lost home directory, or create a store that hides the same releases."""
