"""Unit of work: the decisions of one transaction, and what to do when it is committed."""
