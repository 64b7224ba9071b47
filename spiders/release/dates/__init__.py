"""The dates of a release page: which is the publication date, and why others are refused."""
