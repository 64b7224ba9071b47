"""Download pages: Scrapy settings, middlewares, the block on private addresses, the browser.

Modules here use the network or are part of Scrapy's downloader.
"""
