"""One visit to a source: which request comes next, what becomes of each response, what is told.

A file belongs here if it knows the store or the state of a visit.
"""
