"""communique serve: the web server alone."""

from __future__ import annotations

import click
import uvicorn

from feeds.server import create_app
from scheduler.cli import with_home
from scheduler.home import Home
from scheduler.listening import PORT, address_of, listen


@click.command()
@click.option("--host", default=None, help="The address to listen on (site.host).")
@click.option("--port", type=PORT, default=None, help="The port to listen on (site.port).")
@with_home
def serve(home: Home, *, host: str | None, port: int | None) -> int:
    """Serve HOME/site: feeds with ETag, 304 and gzip, and pages for people."""
    site = home.settings.site
    opened = listen(host or site.host, site.port if port is None else port)
    click.echo(f"serving {home.site} at {address_of(opened)} (Ctrl-C stops)")
    config = uvicorn.Config(
        create_app(home.site, home.store_url, home.settings.site),
        log_level="warning",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[opened])
    return 0
