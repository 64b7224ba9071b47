"""Releases: data types, identity, storage, archive and health. Imports no other package."""
