"""Visit press room sites and extract releases from their pages.

This package handles sites, HTTP and HTML, but not the feeds that Communique publishes.

Put a new module into the folder for its task:

- `listing`: extract listing pages
- `release`: extract release pages
- `page`: read any HTML page
- `download`: send requests
- `crawl`: visit sources and record results in the store
- `stored`: extract pages that were archived earlier
- `learning`, `discovery`: compare several pages

A folder may only import folders that come later in this list: stored and discovery; crawl; extract;
learning; barriers, listing and release; body; download; sources; json_state and page_parts; page.
"""
