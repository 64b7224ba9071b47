"""Matching of drafts with stored releases, and decisions about changes. All functions are pure."""
