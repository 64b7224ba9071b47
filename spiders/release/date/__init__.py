"""The date of a release: the dates on its page, and the choice between them (choice.py)."""
