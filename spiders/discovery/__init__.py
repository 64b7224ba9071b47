"""Turn the address of an unknown site into a proposed source file (`communique add`).

Modules here make guesses about a whole site, with a confidence for each guess.
"""
