"""How a request becomes a response: settings, middlewares, guard of addresses, browser.

A file belongs here if it touches the network or is hooked into Scrapy's downloader.
"""
