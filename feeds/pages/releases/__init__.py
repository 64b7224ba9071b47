"""Pages about a release: the release, its versions, its captures, and its story.

Each module *_page renders one kind of page. The other modules prepare parts of pages.
"""
