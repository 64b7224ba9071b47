"""Choose the publication date among the dates of a release page, and explain rejected dates."""
