"""Decisions about drafts: the matching release, and its changes. All functions are pure."""
