"""Download pages: Scrapy settings, middlewares, the address guard, and the browser.

Modules here touch the network or are part of Scrapy's downloader.
"""
