"""Queries and results of searches, independent of the database."""
