"""Bundled press rooms of six invented institutions, served over loopback for the demo."""
