"""The archive of a home directory: what is imported, removed, re-extracted, attested or rebuilt."""
