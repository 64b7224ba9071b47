"""Checks of `communique doctor`: faults of a home directory, with fixes.

Each module checks one part of the home directory or its system. CHECKS in scheduler.commands.doctor
lists all checks. Checks change nothing.
"""
