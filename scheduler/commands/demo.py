"""communique demo: everything, on the bundled press rooms."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click
import uvicorn

from data.errors import CommuniqueError
from data.models import Facet, Run
from feeds.server import create_app
from scheduler.cli import as_json, complain, print_json
from scheduler.commands.collect import print_run
from scheduler.demo.serving import Served, rooms_served, write_sources
from scheduler.executor import Executor
from scheduler.home import Home, open_home
from scheduler.listening import PORT, address_of, listen, server_config
from scheduler.progress import progress_bars
from scheduler.publishing import publish_home
from spiders.loader import choose, load_sources

DAYS = 3
"""The second day brings an edit, a move, a retraction, a copy; the third confirms what is gone."""

SETTINGS = """\
[network]
allow_private = true

[site]
title = "Communique demo"
"""


class NotADemo(CommuniqueError):
    """The folder that was named holds something else."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is a HOME of your own; give the demo an empty folder")
        self.path = path


@click.command()
@click.option(
    "--home",
    "folder",
    metavar="DIR",
    envvar="COMMUNIQUE_HOME",
    type=click.Path(file_okay=False, path_type=Path),
    help="An empty folder to work in, instead of a new temporary one (also COMMUNIQUE_HOME).",
)
@click.option(
    "--port", type=PORT, default=0, help="The port to serve the result at; 0: a free one."
)
@click.option("--once", is_flag=True, help="End after publishing; serve nothing.")
@as_json
def demo(*, folder: Path | None, port: int, once: bool, as_json: bool) -> int:
    """Show everything on bundled press rooms of invented institutions, without the network.

    A web server plays six press rooms over three days. They are crawled, new is told from changed
    and copied, the feeds are published and served.
    """
    home = demo_home(folder or Path(tempfile.mkdtemp(prefix="communique-demo-")))
    with rooms_served() as rooms:
        write_sources(home.sources, rooms.bases)
        runs = collect_days(home, rooms, quiet=as_json)
    store = home.store()
    published = publish_home(home)
    releases = list(store.releases(Facet()))
    store.close()
    counts = {
        "sources": len({release.source for release in releases}),
        "releases": len(releases),
        "new": sum(run.new for run in runs),
        "changed": sum(run.changed for run in runs),
        "retracted": sum(run.retracted for run in runs),
        "stories": len({release.story for release in releases if release.story}),
        "feeds": published.feeds,
        "site": str(home.site),
    }
    if as_json:
        print_json(counts)
    else:
        click.echo(
            "{releases} releases of {sources} institutions ({changed} changed, {retracted}"
            " retracted, {stories} stories) in {feeds} feeds: {site}".format(**counts)
        )
    failed = [error for run in runs for error in run.errors if error.kind != "http"]
    for error in (*failed, *published.errors):
        complain(str(error))
    if not once:
        show(home, port)
    return 1 if failed or published.errors else 0


def demo_home(folder: Path) -> Home:
    """A HOME for the demo in ``folder``. Raises NotADemo where a HOME of another kind is there."""
    settings = folder / "communique.toml"
    own = settings.exists() and settings.read_text("utf-8") == SETTINGS
    if folder.exists() and any(folder.iterdir()) and not own:
        raise NotADemo(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, "utf-8")
    return open_home(folder)


def collect_days(home: Home, rooms: Served, *, quiet: bool) -> list[Run]:
    """Visit all rooms once on each day."""
    sources = choose(load_sources(home.sources)[0], ())
    runs: list[Run] = []
    for day in range(1, DAYS + 1):
        rooms.show(day)
        with progress_bars() as watch:
            today = asyncio.run(Executor(home).visit(sources, explicit=True, watch=watch))
        runs.extend(today)
        if not quiet:
            click.echo(f"Day {day}")
            for run in today:
                print_run(run)
    return runs


def show(home: Home, port: int) -> None:
    """Serve the result until Ctrl-C."""
    opened = listen("127.0.0.1", port)
    base = address_of(opened)
    click.echo(f"Look at {base} and give {base}feeds/all.atom to a feed reader (Ctrl-C stops)")
    app = create_app(home.site, home.store_url, home.settings.site)
    uvicorn.Server(server_config(app)).run(sockets=[opened])
