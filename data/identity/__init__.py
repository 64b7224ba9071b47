"""Decides which release a draft is and what it changes: pure functions over values."""
