"""The checks of `communique doctor`: faults of a home directory, and how to fix them.

Each module checks one side of it. examine.CHECKS lists all checks. No check changes anything.
"""
