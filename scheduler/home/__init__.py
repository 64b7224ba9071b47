"""The home directory (HOME): its files, locks and errors, publication, backup and checks."""
