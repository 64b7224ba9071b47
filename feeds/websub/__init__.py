"""W3C WebSub: the site's own hub, announcements to another hub, and subscriptions to sources' hubs.

A module belongs here if it implements a part of WebSub.
"""
