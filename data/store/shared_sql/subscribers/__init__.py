"""Data for subscribers and readers of releases: watches, WebSub and feed readers.

A new file here is a part of the store for subscriptions or notes of people or programs.
"""
