"""Work on a home directory's archive: import, removal, re-extraction, cosignatures, rebuild."""
