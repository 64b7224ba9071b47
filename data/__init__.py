"""What a release is, whether it is new, and where it is kept."""
