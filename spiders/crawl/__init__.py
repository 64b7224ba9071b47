"""One visit to a source: its requests, the processing of responses, and its report.

Modules here know the store or the state of a visit.
"""
