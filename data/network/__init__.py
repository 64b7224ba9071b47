"""Who may be called: the one guard for all requests that leave this machine."""
