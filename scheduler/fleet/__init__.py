"""Several machines on one database: each host and each duty belongs to one machine at a time."""
