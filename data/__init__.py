"""Releases: their values, identity, storage, archive and health. This package imports no other."""
