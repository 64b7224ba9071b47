"""communique serve: the web server alone."""

from __future__ import annotations

import socket

import click
import uvicorn

from data.errors import CommuniqueError
from feeds.server import create_app
from scheduler.cli import with_home
from scheduler.home import Home


class PortTaken(CommuniqueError):
    """The web server can't listen where it was told to."""

    def __init__(self, host: str, port: int, cause: str) -> None:
        super().__init__(f"can't listen on {host}:{port} ({cause}); choose another port")
        self.host = host
        self.port = port


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port`` (0 takes a free one). Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(512)
    except OSError as error:
        opened.close()
        raise PortTaken(host, port, error.strerror or str(error)) from error
    return opened


@click.command()
@click.option("--host", default=None, help="The address to listen on (site.host).")
@click.option("--port", type=int, default=None, help="The port to listen on (site.port).")
@with_home
def serve(home: Home, *, host: str | None, port: int | None) -> int:
    """Serve HOME/site: feeds with ETag, 304 and gzip, and pages for people."""
    site = home.settings.site
    opened = listen(host or site.host, site.port if port is None else port)
    name, number = opened.getsockname()[:2]
    click.echo(f"serving {home.site} at http://{name}:{number}/ (Ctrl-C stops)")
    config = uvicorn.Config(create_app(home.site), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[opened])
    return 0
