"""Visit a source: send its requests, process the responses, and report the results.

Modules here use the store or the state of a visit.
"""
