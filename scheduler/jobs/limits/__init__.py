"""Limits of what one page may cost a crawl."""
