"""The web server: published files, pages generated on request, the APIs, and MCP.

`app.create_app` returns the ASGI application. A module belongs here if it decides how the server
responds to requests.
"""
