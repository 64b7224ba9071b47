"""W3C WebSub: the site's own hub, notifications of another hub, and subscriptions at hubs.

A module belongs here if it implements a part of WebSub.
"""
