"""Languages: their tags, names and words, and which language a text is in."""
