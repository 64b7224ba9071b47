"""Find the dates on a release page and choose the release's publication date."""
