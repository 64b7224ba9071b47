"""Deposits of new versions at other archives, such as the Wayback Machine.

A module belongs here if it decides which pages another archive may save, or requests this.
"""
