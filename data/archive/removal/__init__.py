"""Removal of records from an archive: for legal reasons, or because they are old."""
