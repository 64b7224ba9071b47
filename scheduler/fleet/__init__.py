"""Several machines on one database: each host and each duty belongs to one of them at a time."""
