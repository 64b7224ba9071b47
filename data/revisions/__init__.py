"""Decisions about what counts as an edit of a release, and differences between versions."""
