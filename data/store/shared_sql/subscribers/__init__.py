"""Data of subscribers and readers of releases: watches, WebSub and feed readers.

A new file in this folder is a part of the store for subscriptions of people or programs.
"""
