"""Buckets of stores that speak S3: what is asked of one, and what it answers."""
