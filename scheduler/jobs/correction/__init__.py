"""Correcting what is read of a source: a person points at an element, a selector comes of it.

Pages are hostile and take long, so child.py reads them in a process of its own. A file belongs here
if it has a part in the way from a saved page to a line of a source file.
"""
