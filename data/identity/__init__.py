"""Which release a draft is, and what becomes of it: pure decisions over values."""
