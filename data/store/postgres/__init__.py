"""The parts of a store that work differently on PostgreSQL, which several machines can share."""
