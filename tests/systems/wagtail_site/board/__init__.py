"""A site of Wagtail's, as a board would have one."""
