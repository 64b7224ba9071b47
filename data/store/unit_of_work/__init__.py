"""Unit of work: the decisions of one transaction, and the work to do when it commits."""
