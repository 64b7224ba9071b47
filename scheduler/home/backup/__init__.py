"""Backup of a home directory while the service runs, and its restoration."""
