"""Invented single pages with scripted noise and scripted changes."""
