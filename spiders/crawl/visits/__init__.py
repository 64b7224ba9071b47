"""Run a visit to a source: send requests, process the responses, and report the results.

Modules here need the state of a whole visit.
"""
