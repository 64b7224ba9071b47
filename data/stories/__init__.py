"""Stories: copies of a release at other institutions, and its translations."""
