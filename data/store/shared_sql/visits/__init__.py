"""SQL for visits: reports, walks, data that later visits need, and the health of sources."""
