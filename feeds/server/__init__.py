"""The web server: the published site, pages generated on request, the API and the Reader API.

`app.create_app` returns the ASGI application. A module belongs here if it decides how the server
responds to requests.
"""
