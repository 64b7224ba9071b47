"""How a feed is written: Atom, RSS, JSON Feed, OPML."""
