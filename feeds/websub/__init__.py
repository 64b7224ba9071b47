"""W3C WebSub: the site's own hub, notifications to another hub, and subscriptions at other hubs.

A module belongs here if it implements a part of WebSub.
"""
