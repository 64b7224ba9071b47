"""Turn the address of an unknown site into a proposed source file (`communique add`).

Modules that make guesses about a whole site, each with a confidence, belong in this package.
"""
