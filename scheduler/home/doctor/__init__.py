"""Checks of `communique doctor`: faults of a home directory, and how to fix them.

Each module checks one part of the home directory or its system. CHECKS in scheduler.commands.doctor
lists all checks. No check changes anything.
"""
