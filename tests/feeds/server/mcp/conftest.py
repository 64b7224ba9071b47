"""The site of invented releases that the tests of the API use, too."""

from tests.feeds.server.api.conftest import filled, path, web

__all__ = ["filled", "path", "web"]
