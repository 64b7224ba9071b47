"""What a child of a worker among many does: it writes under a lease, and ends in time."""
