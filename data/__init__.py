"""Releases: their values, identity, storage, archive and health. No other package is imported."""
