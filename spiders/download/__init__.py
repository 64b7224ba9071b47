"""Download pages: Scrapy settings, middlewares, the block on private addresses, the browser.

Modules that use the network or are part of Scrapy's downloader belong in this package.
"""
