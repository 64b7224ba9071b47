"""Writes what a HOME lost again from its archive: all of it, or a new store that hides the same.

A new file here reads the archive for one of these, or reports what came of it.
"""
