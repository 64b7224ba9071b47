"""Rules for edits of a release, and differences between versions."""
