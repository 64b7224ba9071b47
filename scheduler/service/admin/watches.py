"""Watches: what each tells of and to whom, its receipts, a test, a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import CommuniqueError
from data.store.public_view import public_view
from data.watches.folder import load_watches, set_paused
from data.watches.watch import Watch, load_watch, to_toml
from feeds.alerts.channels import AlertWatch
from scheduler.children.command_child import run_command
from scheduler.home import Home
from scheduler.service.admin.overview import delivery_lines
from scheduler.service.admin.pages import AdminPages
from scheduler.service.admin.posts import Posts
from scheduler.terminal.watch_report import described, without_secrets

FOLDER: Final = "admin/watches"

LOOKED_AT: Final = 1000
"""Deliveries of all watches among which those of one are."""

SHOWN: Final = 30
"""Deliveries, and matches, that are shown."""

TEST_SECONDS: Final = 90.0
"""Maximum seconds for which a test may take; a receiver may hang for 20 of them."""


UNFINISHED: Final = "the check of recent events ended without a result: load the page again"


class NotTaken(CommuniqueError):
    """A test that was sent was not taken."""


class WatchPages:
    """The pages at /admin/watches/."""

    def __init__(self, home: Home, pages: AdminPages, posts: Posts) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts

    def routes(self) -> list[Route]:
        """All routes of watches."""
        one = "/admin/watches/{watch}"
        actions = {"test": self._test, "pause": self._pause, "resume": self._resume}
        return [
            Route("/admin/watches/", self._list),
            Route(f"{one}/", self._one),
            *(
                Route(f"{one}/{name}", self._posts.to(action), methods=["POST"])
                for name, action in actions.items()
            ),
        ]

    async def _list(self, request: Request) -> Response:
        values = await asyncio.to_thread(self._values)
        file = f"{FOLDER}/index.html"
        return await self._pages.show(request, "watches.html", file, "Watches", **values)

    def _values(self) -> dict[str, Any]:
        watches, errors = load_watches(self._home.watches, AlertWatch)
        with closing(public_view(self._home.plain_store())) as store:
            alerts = delivery_lines(store, store.alerts(limit=SHOWN))
        return {
            "watches": [(name, one.name, described(one)) for name, one in watches.items()],
            "faults": [str(error) for error in errors],
            "alerts": alerts,
        }

    async def _one(self, request: Request) -> Response:
        name = request.path_params["watch"]
        one = self._known(name)
        alerts = await asyncio.to_thread(self._deliveries, name)
        matches, fault = await self._matches(name)
        return await self._pages.show(
            request,
            "watch.html",
            f"{FOLDER}/{name}/index.html",
            one.name,
            watch=name,
            paused=one.paused,
            described=described(one),
            text=to_toml(without_secrets(one)),
            sends=bool(one.outputs),
            alerts=alerts,
            matches=matches[:SHOWN],
            more=max(0, len(matches) - SHOWN),
            fault=fault,
        )

    def _deliveries(self, name: str) -> list[Mapping[str, str]]:
        with closing(public_view(self._home.plain_store())) as store:
            found = [one for one in store.alerts(limit=LOOKED_AT) if one.watch == name]
            return delivery_lines(store, found[:SHOWN])

    async def _matches(self, name: str) -> tuple[list[dict[str, Any]], str]:
        """The recent events that a watch matches, or the reason why they are not known."""
        try:
            result = await run_command(
                self._home, "watch", "test", "--json", name, seconds=TEST_SECONDS
            )
        except (CommuniqueError, OSError) as error:
            return [], str(error)
        if isinstance(result.printed, dict):
            return result.printed["matches"], ""
        return [], " ".join(result.errors) or UNFINISHED

    async def _test(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        self._known(name)
        command = ("watch", "test", "--send", "--json", name)
        result = await run_command(self._home, *command, seconds=TEST_SECONDS)
        if not isinstance(result.printed, dict):
            raise NotTaken(" ".join(result.errors) or "the test was not sent")
        lines = [
            f"{one['output']}: {one['problem'] or 'taken'} ({one['key']})"
            for one in result.printed["sent"]
        ]
        told = f"a test was sent by {'; '.join(lines)}"
        if result.code:
            raise NotTaken(told)
        return told

    async def _pause(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        await asyncio.to_thread(set_paused, self._home.watches, name, AlertWatch, paused=True)
        return f"{name} is paused: nothing new is told by it"

    async def _resume(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        await asyncio.to_thread(set_paused, self._home.watches, name, AlertWatch, paused=False)
        return f"{name} works again"

    def _known(self, name: str) -> Watch:
        try:
            return load_watch(self._home.watches, name, AlertWatch)
        except CommuniqueError as error:
            raise HTTPException(404) from error
