"""Where releases are kept: the protocol, and the databases that speak it."""
