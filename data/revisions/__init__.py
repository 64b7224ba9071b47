"""Detection of edits, and differences between versions of a release."""
