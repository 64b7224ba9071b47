"""Outgoing requests: which addresses are allowed, the client, and retry delays."""
