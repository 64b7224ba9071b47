"""What counts as an edit of a release, and how it reads."""
