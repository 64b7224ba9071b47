"""Run a visit to a source: send requests, process the responses, and report the results.

Modules that need the state of a whole visit belong in this package.
"""
