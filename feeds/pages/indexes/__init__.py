"""Pages that list: sources, topics, languages, days, feeds, older releases, what happened to them.

A file belongs here if it makes a list that goes on over several pages, or one of all that there is.
"""
