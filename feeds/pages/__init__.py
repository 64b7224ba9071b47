"""HTML for people: templates, styles and what they show."""
