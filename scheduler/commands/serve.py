"""communique serve: serve the site without visiting sources."""

import socket
import sys
from contextlib import nullcontext
from functools import partial

import click
import uvicorn
import uvloop

from data.access.permissions import Permissions
from data.errors import StoreError
from data.settings.load import ANYWHERE
from feeds.server.access import Access
from feeds.server.app import HomeFolders, MountedApps, create_app
from feeds.server.monitoring import Measurements
from feeds.server.requests.client import proxies_of
from scheduler.cli import PORT_TYPE, complain, say, with_home_only
from scheduler.home.home import Home
from scheduler.logs import log_to
from scheduler.service.home_metrics import HomeMetrics
from scheduler.service.web import address_of, listen, prefer_event_loop, server_config
from scheduler.service.websub import PushService
from scheduler.sources.home_health import home_health


@click.command()
@click.option("--host", help="Address to listen on (default site.host).")
@click.option("--port", type=PORT_TYPE, help="Port to listen on (default site.port).")
@with_home_only
def serve(home: Home, *, host: str | None, port: int | None) -> int:
    """Serve the published site.

    The site is in HOME/site, or in the bucket of site.target. If the store can't be opened, the
    site is served without search and other pages that need the store. If no site is published, the
    exit code is 1.

    Hubs and subscribers are notified when `communique publish` changes HOME/site. With site.target,
    the publishing machine notifies them.
    """
    # Logs go to standard error, because standard output is for the address.
    log_to(sys.stderr, home.settings.log)
    site = home.settings.site
    if not home.settings.store.url or home.orders.path.exists():
        try:
            # Create the store and apply removal orders now, because requests do not.
            home.plain_store().close()
        except StoreError as error:
            if not (site.target or home.is_published):
                raise
            complain(str(error))
    opened = listen(host or site.host, site.port if port is None else port)
    address = address_of(opened)
    say(f"serving {site.target or home.site} at {address} (Ctrl-C stops)")
    if site.url.startswith("http://127.0.0.1") and site.url.rstrip("/") + "/" != address:
        anywhere = opened.getsockname()[0] in ANYWHERE
        right = "the public address of this site" if anywhere else address
        complain(f"feeds and pages contain {site.url}; set site.url to {right}, then publish")
    prefer_event_loop()
    uvloop.run(serve_home(home, opened))
    return 0


async def serve_home(home: Home, opened: socket.socket) -> None:
    """Serve until a signal arrives. Notify hubs of changes unless the site is in a bucket."""
    settings = home.settings
    bucket = home.bucket
    push = None if bucket else PushService(home)
    app = create_app(
        home.site,
        home.store_url,
        settings.site,
        beside=MountedApps(push.hub if push else None),
        bucket=bucket,
        home=HomeFolders(home.archive, home.watches, home.searches),
        access=Access(Permissions(home.tokens), proxies=proxies_of(settings.site)),
        measured=Measurements(partial(home_health, home), facts=HomeMetrics(home).facts),
        signer=home.request_signer(),
    )
    server = uvicorn.Server(server_config(app, settings.site))
    working = push.at_work(lambda: setattr(server, "should_exit", True)) if push else nullcontext()
    async with working:
        await server.serve(sockets=[opened])
