"""Publication of the site: writes the feeds and pages of changed releases to HOME/site or a bucket.

`publish.publish` is the entry point. A module belongs here if it selects or writes files of the
site.
"""
