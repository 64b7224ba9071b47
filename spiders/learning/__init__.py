"""The template of a source's release pages: induced from samples, kept, used, given up.

A file belongs here if it looks at several pages of one source at once.
"""
