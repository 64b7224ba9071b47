"""Visit press room sites and extract releases from their pages.

This package handles sites, HTTP and HTML. It does not handle the feeds that Communique publishes.

Put a new file into the folder of its task:

- `listing`: read listing pages;
- `release`: read release pages;
- `page`: read any HTML page;
- `download`: send requests;
- `crawl`: visit sources and record results in the store;
- `archived`: read pages that were captured earlier;
- `learning`, `discovery`: compare several pages.

A folder may import only the folders after it in this list: archived; discovery and golden; crawl;
extract; learning; listing and release; body; download; sources; json_state and page_parts; page.
"""
