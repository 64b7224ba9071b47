"""Work on the archive of a home directory: import, removal, re-extraction, attestation, rebuild."""
