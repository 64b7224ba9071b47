"""HTML for people: templates, styles and what they show.

The door is renderer.PageRenderer. A file belongs here if it shapes a page for people.
"""
