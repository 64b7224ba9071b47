"""communique demo: collect, publish and serve the bundled press rooms."""

import asyncio
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import uvicorn
from click.core import ParameterSource

from data.access.permissions import Permissions
from data.errors import SettingsError
from data.models import Facet, Run
from data.wording import counted
from feeds.server.access import Access
from feeds.server.app import HomeFolders, create_app
from scheduler.children.executor import Executor
from scheduler.cli import (
    FOLDER_TYPE,
    PORT_TYPE,
    answer,
    as_json,
    complain,
    named_home,
    say,
    wants_json,
)
from scheduler.commands.collect import print_run
from scheduler.demo.server import ServedRooms, rooms_served, write_sources
from scheduler.home.errors import FolderNotEmpty
from scheduler.home.home import Home, open_home
from scheduler.home.home_publication import publish_home
from scheduler.service.web import address_of, listen, server_config
from scheduler.sources.home_health import note_health
from scheduler.terminal.progress_and_tables import progress_bars
from spiders.sources.source_file import choose, load_sources

DEMO_DAYS = 3
"""Number of days in the demo.

On day 2, an edit, a move, a retraction and a copy take place. On day 3, removals are confirmed.
"""

SETTINGS_TEXT = """\
[network]
allow_private = true

[collect]
retract_after = 0

[site]
title = "Communique demo"
"""
"""Beginning of the settings of each demo. The address of its server is appended."""


@click.command()
@click.option(
    "--home",
    "folder",
    metavar="DIR",
    type=FOLDER_TYPE,
    help="Empty folder to work in (default a temporary folder; COMMUNIQUE_HOME is not used).",
)
@click.option(
    "--port", type=PORT_TYPE, default=0, help="Port of the web server (default: a free port)."
)
@click.option("--once", is_flag=True, help="Exit after publishing, without serving.")
@as_json
def demo(*, folder: Path | None, port: int, once: bool) -> int:
    """Try Communique on bundled press rooms, without a network.

    A local web server simulates three days in six invented press rooms. The demo collects their
    releases, detects edits and copies, and publishes and serves feeds.
    """
    root = click.get_current_context().find_root()
    # COMMUNIQUE_HOME is for the operator's own sources. The demo must not add invented ones to it.
    is_own = root.get_parameter_source("folder") is ParameterSource.ENVIRONMENT
    named = folder if is_own else named_home(root, folder)
    # Scripts start background processes with SIGINT ignored. Then asyncio would not end its tasks
    # on SIGTERM, which has the same effect as SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    opened = None if once else listen("127.0.0.1", port)
    with working_in(named, keep=once) as place, rooms_served() as rooms:
        home = demo_home(place, address_of(opened) if opened else None)
        # A second demo in this folder would use other ports for the same sources, so lock the
        # folder.
        with home.lock("run", "communique demo"):
            write_sources(home.sources, rooms.bases)
            failed = collect_and_publish(home, rooms)
            if opened:
                # The press rooms keep running, because pages and feeds link to them.
                show(home, opened)
    return 1 if failed else 0


@contextmanager
def working_in(named: Path | None, *, keep: bool) -> Iterator[Path]:
    """Context manager that yields the demo's folder: ``named``, or a new temporary folder.

    A temporary folder is deleted at the end. With ``keep``, it is deleted only after a failure.
    """
    if named:
        yield named
        return
    made = Path(tempfile.mkdtemp(prefix="communique-demo-"))
    kept = False
    try:
        yield made
        kept = keep
    finally:
        if not kept:
            shutil.rmtree(made, ignore_errors=True)


def collect_and_publish(home: Home, rooms: ServedRooms) -> bool:
    """Collect on all days, publish, and print the counts. Returns whether anything failed."""
    runs = collect_days(home, rooms)
    published = publish_home(home)
    store = home.store()
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
    }
    answer(
        {**counts, "site": str(home.site)},
        f"{counted(counts['releases'], 'release')}"
        f" of {counted(counts['sources'], 'institution')}"
        f" ({counts['changed']} changed, {counts['retracted']} retracted,"
        f" {counted(counts['stories'], 'story', 'stories')})"
        f" in {counted(counts['feeds'], 'feed')}: {home.site}",
    )
    failed = [
        f"{run.source}: {error.told}"
        for run in runs
        for error in run.errors
        if error.family != "http"
    ]
    for problem in (*failed, *map(str, published.errors)):
        complain(problem)
    return bool(failed or published.errors)


def demo_home(folder: Path, address: str | None) -> Home:
    """Create or open the home directory of a demo. ``address`` is the site's address in its feeds.

    Raises FolderNotEmpty if the folder contains other files, and SettingsError if it can't be used.
    """
    settings = folder / "communique.toml"
    try:
        own = settings.exists() and settings.read_text("utf-8").startswith(SETTINGS_TEXT)
        if folder.exists() and any(folder.iterdir()) and not own:
            fix = ", and not from a demo; give the demo an empty folder"
            raise FolderNotEmpty(folder, fix)
        folder.mkdir(parents=True, exist_ok=True)
        url = f'url = "{address.rstrip("/")}"\n' if address else ""
        settings.write_text(SETTINGS_TEXT + url, "utf-8")
    except OSError as error:
        cause = f"the folder can't be used ({error.strerror})"
        raise SettingsError(str(folder), "--home", cause) from error
    return open_home(folder)


def collect_days(home: Home, rooms: ServedRooms) -> list[Run]:
    """Visit all press rooms once per day."""
    sources = choose(load_sources(home.sources)[0], ())
    runs: list[Run] = []
    for day in range(1, DEMO_DAYS + 1):
        rooms.show(day)
        if not wants_json():
            say(f"Day {day} of {DEMO_DAYS}: visiting {counted(len(sources), 'press room')}")
        with progress_bars() as on_progress:
            today = asyncio.run(
                Executor(home).visit_all(sources, explicit=True, on_progress=on_progress)
            )
        note_health(home)
        runs.extend(today)
        if not wants_json():
            for run in today:
                print_run(run)
    return runs


def show(home: Home, opened: socket.socket) -> None:
    """Serve the site until Ctrl-C. With --json, print its address to standard error."""
    base = address_of(opened)
    say(f"Open {base} or subscribe to {base}feeds/all.atom (Ctrl-C stops)", err=wants_json())
    app = create_app(
        home.site,
        home.store_url,
        home.settings.site,
        home=HomeFolders(home.archive, home.watches, home.searches),
        access=Access(Permissions(home.tokens)),
    )
    uvicorn.Server(server_config(app)).run(sockets=[opened])
