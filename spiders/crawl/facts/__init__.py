"""Collect facts of a visit for the health of a source: about its listing and its release pages.

Modules here compare a visit with earlier ones. They send no requests, and leave the judgement to
data.health.
"""
