"""Run a visit to a source: send its requests, process the responses, and report the results.

A file belongs in this package if it needs the state of a whole visit.
"""
