"""Copies of a home directory: how one is made while the service runs, and how it is restored."""
