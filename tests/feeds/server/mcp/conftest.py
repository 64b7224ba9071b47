"""The site of invented releases that the tests of the API also use."""

from tests.feeds.server.api.conftest import filled, path, web

__all__ = ["filled", "path", "web"]
