"""Languages: their tags, names and words, and the detection of a text's language."""
