"""SQL for visits: their reports, and links between pages and releases."""
