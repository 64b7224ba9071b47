"""From web pages to releases: knows sites, HTTP and HTML; knows no feed."""
