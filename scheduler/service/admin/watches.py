"""Pages about watches: filters, outputs, deliveries, recent matches, tests and pauses."""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import CommuniqueError
from data.search.syntax import EDIT_WORDS
from data.watches.watch_file import Watch, load_watch, load_watches, to_toml
from feeds.alerts.channels import CHANNELS, AlertWatch
from feeds.server.api.problems import ApiError
from scheduler.operations.bodies import AddWatch
from scheduler.operations.watch_writes import WatchWrites
from scheduler.operations.watches import (
    match_fields,
    pause_watch,
    recent_matches,
    send_test,
    watch_line,
    without_secrets,
)
from scheduler.service.admin.overview import delivery_lines
from scheduler.service.admin.pages import InvalidField, PageGroup

MAX_DELIVERIES_SEARCHED: Final = 1000
"""Maximum number of recent deliveries that are searched for the deliveries of a watch."""

MAX_ROWS: Final = 30
"""Maximum number of deliveries, and maximum number of matches, on a page."""


class FailedTest(CommuniqueError):
    """Raised if a receiver does not accept a test message."""


class WatchPages(PageGroup):
    """The pages at /admin/watches/."""

    def routes(self) -> list[Route]:
        """Return the routes of the admin pages for watches."""
        one = "/admin/watches/{watch}"
        actions = {"test": self._test, "pause": self._pause, "resume": self._resume}
        return [
            Route("/admin/watches/", self._list),
            Route("/admin/watches/add", self._posts.to(self._add), methods=["POST"]),
            Route(f"{one}/", self._one),
            *(
                Route(f"{one}/{name}", self._posts.to(action), methods=["POST"])
                for name, action in actions.items()
            ),
        ]

    async def _list(self, request: Request) -> Response:
        values = await asyncio.to_thread(self._values)
        return await self._pages.show(request, "watches.html", "Watches", **values)

    def _values(self) -> dict[str, Any]:
        watches, errors = load_watches(self._home.watches, AlertWatch)
        with closing(self._home.plain_store().public_view()) as store:
            alerts = delivery_lines(store, store.alerts(limit=MAX_ROWS))
            sources = {source: one.name for source, one in store.sources().items()}
        return {
            "sources": sorted(sources.items(), key=lambda one: one[1].casefold()),
            "edit_words": EDIT_WORDS,
            "channels": [(one.table, one.option_help.rstrip(".")) for one in CHANNELS],
            "watches": [(name, one.name, watch_line(one)) for name, one in watches.items()],
            "faults": [str(error) for error in errors],
            "alerts": alerts,
        }

    async def _add(self, _: Request, form: Mapping[str, str]) -> tuple[str, str]:
        fields = {name: value.strip() for name, value in form.items()}
        channel, recipient = fields.get("channel", ""), fields.get("recipient", "")
        if channel and not recipient:
            raise InvalidField(f"enter a recipient for the alerts by {channel}")
        asked = {
            "name": fields.get("name", ""),
            "query": fields.get("query", ""),
            "sources": [one for one in (fields.get("source", ""),) if one],
            "edit_classes": [one for one in (fields.get("edit_class", ""),) if one],
            "min_weight": fields.get("min_weight") or 0,
            "outputs": {channel: [recipient]} if channel else {},
            "feed": not channel,
        }
        try:
            body = msgspec.convert(asked, AddWatch, strict=False)
            result = await WatchWrites(self._home).add(body)
        except (msgspec.ValidationError, ApiError) as error:
            raise InvalidField(str(error)) from error
        return result.message, f"{result.id}/"

    async def _one(self, request: Request) -> Response:
        name = request.path_params["watch"]
        one = self._known(name)
        alerts = await asyncio.to_thread(self._deliveries, name)
        found, _ = await asyncio.to_thread(recent_matches, self._home, name)
        matches = [*map(match_fields, found)]
        return await self._pages.show(
            request,
            "watch.html",
            one.name,
            watch=name,
            paused=one.paused,
            described=watch_line(one),
            text=to_toml(without_secrets(one)),
            sends=bool(one.outputs),
            alerts=alerts,
            matches=matches[:MAX_ROWS],
            more=max(0, len(matches) - MAX_ROWS),
        )

    def _deliveries(self, name: str) -> list[Mapping[str, str]]:
        with closing(self._home.plain_store().public_view()) as store:
            found = [
                one for one in store.alerts(limit=MAX_DELIVERIES_SEARCHED) if one.watch == name
            ]
            return delivery_lines(store, found[:MAX_ROWS])

    async def _test(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        self._known(name)
        sent = await send_test(self._home, name)
        lines = [f"{one['output']}: {one['problem'] or 'accepted'} ({one['key']})" for one in sent]
        summary = f"sent a test to {'; '.join(lines)}"
        if any(one["problem"] for one in sent):
            raise FailedTest(summary)
        return summary

    async def _pause(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        await asyncio.to_thread(pause_watch, self._home, name, paused=True)
        return f"{name} is paused: new events send no alerts"

    async def _resume(self, request: Request, _: Mapping[str, str]) -> str:
        name = request.path_params["watch"]
        await asyncio.to_thread(pause_watch, self._home, name, paused=False)
        return f"{name} is active again"

    def _known(self, name: str) -> Watch:
        try:
            return load_watch(self._home.watches, name, AlertWatch)
        except CommuniqueError as error:
            raise HTTPException(404) from error
