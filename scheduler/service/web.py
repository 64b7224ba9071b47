"""Web server of the service: its socket, its configuration, and its process-wide settings."""

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from data.errors import CommuniqueError
from data.settings import SiteSettings
from feeds.server.requests.http_protocol import HttpProtocol, OpenConnections, ServerConfig
from feeds.server.requests.security import for_all
from feeds.urls import ADMIN_PATH

SWITCH_SECONDS: Final = 0.0005
"""Maximum time in seconds that a thread may keep the Python interpreter while other threads
wait."""


class PortTaken(CommuniqueError):
    """The web server can't listen on the configured address and port."""

    def __init__(self, host: str, port: int, cause: str, fix: str) -> None:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__(f"can't listen on {place} ({cause}); {fix}")
        self.host = host
        self.port = port


def listen(host: str, port: int) -> socket.socket:
    """Listen on ``host`` and ``port``, and return the socket. Raises PortTaken.

    Port 0 means any free port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(512)
    except OSError as error:
        opened.close()
        is_wrong = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        fix = (
            "set site.host to an address of this machine"
            if is_wrong
            else "choose another port (--port)"
        )
        raise PortTaken(host, port, error.strerror or str(error), fix) from error
    return opened


def address_of(opened: socket.socket) -> str:
    """Return the URL of the server that listens on a socket."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def admin_address(address: str) -> str:
    """Return the URL of the admin pages on this machine for a server's address."""
    for anywhere, here in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
        address = address.replace(anywhere, here)
    return f"{address.rstrip('/')}{ADMIN_PATH}/"


def prefer_event_loop() -> None:
    """Make threads release the Python interpreter after SWITCH_SECONDS.

    While a thread computes, the event loop waits for this time at each turn, and a response needs
    several turns.
    """
    sys.setswitchinterval(SWITCH_SECONDS)


def server_config(app: ASGIApp, site: SiteSettings | None = None) -> ServerConfig:
    """Return the configuration of the web server, in which unneeded features are disabled."""
    site = site or SiteSettings()
    config = ServerConfig(
        app,
        http=HttpProtocol,
        # If a connection were handed to another protocol, it would never be counted as closed.
        ws="none",
        interface="asgi3",
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        headers=[(name.decode(), value.decode()) for name, value in for_all(site)],
    )
    config.connections = OpenConnections(site)
    return config


class QuietServer(uvicorn.Server):
    """Uvicorn server without its own signal handlers, because the service stops it last."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing, because the service handles signals."""
        yield
