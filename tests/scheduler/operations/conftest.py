"""A home directory with one source of a press room, served with its operations that write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.settings import SiteSettings
from feeds.server.access import Access
from feeds.server.api.writes import Writes
from feeds.server.app import HomeFolders, create_app
from scheduler.home.home import Home, home_at
from scheduler.operations.api_writes import writes_of
from scheduler.operations.visits_and_inspections import CommandService, Inspections
from tests.command import communique, make_home
from tests.feeds.serving import served_by
from tests.press_room import Room, listing_html, release_html, served


@dataclass
class Operated:
    """A home directory, its press room, its operations, and clients with and without a token."""

    home: Home
    room: Room
    writes: Writes
    web: httpx.Client
    tokens: dict[str, str]

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request that writes, with the token of an operator."""
        sent = {"authorization": f"Bearer {self.tokens['operate']}", **headers}
        return self.web.post(path, json={} if body is None else body, headers=sent)

    def get(self, path: str) -> httpx.Response:
        """Read with the token of an operator."""
        return self.web.get(path, headers={"authorization": f"Bearer {self.tokens['operate']}"})


def app_of(home: Home, writes: Writes, site: SiteSettings | None = None) -> ASGIApp:
    """The server of a home directory with its operations that write."""
    return create_app(
        home.site,
        home.store_url,
        site or SiteSettings(api_rate=0),
        access=Access(Permissions(home.tokens)),
        home=HomeFolders(watches=home.watches),
        writes=writes,
    )


@pytest.fixture(scope="package")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Room]]:
    """A home directory whose source ``harbour`` was visited once."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path_factory.mktemp("operated") / "home", f"{room.base}/news/")
        communique("collect", home=home)
        yield home, room


@pytest.fixture(scope="package")
def operated(collected: tuple[Path, Room]) -> Iterator[Operated]:
    """The home directory behind a server."""
    path, room = collected
    home = home_at(path)
    tokens = {scope: new_token(home.tokens, scope, (scope,)) for scope in ("read", "operate")}
    tokens["other"] = new_token(home.tokens, "other", ("operate",))
    writes = writes_of(home, CommandService(home), Inspections(home))
    for web in served_by(app_of(home, writes)):
        yield Operated(home, room, writes, web, tokens)
