"""Decide what counts as an edit of a release, and compute differences."""
