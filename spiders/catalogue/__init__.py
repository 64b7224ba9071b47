"""Catalogues: lists of institutions whose press rooms can be added, and the bundled lists."""
