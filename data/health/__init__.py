"""Health of a source: whether it works, and whether it publishes as often as usual."""
