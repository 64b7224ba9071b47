"""A unit of work: what one transaction decided, and what it does when it commits."""
