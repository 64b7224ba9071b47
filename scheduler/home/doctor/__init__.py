"""The checks of `communique doctor`: what is wrong with a home directory, and how to fix it.

Each module checks one side of it. examine.CHECKS lists all checks. No check changes anything.
"""
