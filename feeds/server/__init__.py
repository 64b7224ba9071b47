"""The web server: the published site, pages on demand, the API and the Reader API.

`app.create_app` makes the ASGI application. A module belongs here if it decides how the server
responds to requests.
"""
