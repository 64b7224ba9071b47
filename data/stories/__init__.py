"""Who else published a release: copies and translations."""
