"""W3C WebSub, both roles: the publisher, and a hub of our own."""
