"""The pages of a release: itself, its versions, what was served, and its story.

The doors are the modules named *_page. A file belongs here if it decides what such a page shows.
"""
