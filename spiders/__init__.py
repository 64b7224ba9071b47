"""From web pages to releases: knows sites, HTTP and HTML; knows no feed.

A new file goes by what it reads: a listing page (listing), a release page (release), any page
(page); by whether it touches the network (download) or the store (crawl), or reads what was
captured before (archived); and by whether it looks at more than one page (learning, discovery). A
folder may import those below it: archived, discovery and golden, crawl, extract, learning, listing
and release, body, download, sources, json_state and sections, page.
"""
