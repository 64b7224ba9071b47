"""What a release is, whether it is new, and where it is kept.

interchange, health, archive and watches may import the store, the store identity, identity
revisions, stories, topics, dates, intensity and bucket, these text, models and network; all may
import settings, errors, clock, files and sqlite_file.
"""
