"""From an address that nobody described to a proposed source file (`communique add`).

A file belongs here if it guesses something about a whole site and says how sure it is.
"""
