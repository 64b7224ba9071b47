"""The proof of what servers answered, for whoever does not have the archive.

folder writes it, with readme for people; verify.py is copied into it and imports nothing of ours. A
file belongs here if it is part of what others get to check.
"""
