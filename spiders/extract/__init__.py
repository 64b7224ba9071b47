"""Extract one page of either type into plain JSON values (`communique extract`)."""
