"""The web server: published files, pages generated on request, the API and the Google Reader API.

`app.create_app` returns the ASGI application. A module belongs here if it decides how the server
responds to requests.
"""
