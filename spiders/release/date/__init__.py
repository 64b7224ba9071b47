"""The date of a release: the dates found on its page, and the choice between them (choice.py)."""
