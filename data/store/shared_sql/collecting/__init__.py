"""SQL for visits: their reports, their walks through listings, and links to other releases."""
