"""Bundled press rooms of six fictitious institutions, served on localhost for the demo."""
