"""Pages about sources: their health, files and visits, and decisions about them."""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.clock import utc_now
from data.errors import SourceError, UnknownSource
from data.text.masking import masked_toml
from data.toml_files import read_text
from scheduler.home.home import Home
from scheduler.operations.visits_and_inspections import RunningService
from scheduler.service.admin.overview import in_words
from scheduler.service.admin.pages import AdminPages, InvalidField, Posts
from scheduler.sources import handlings
from scheduler.sources.blocks import advice_line, letter, ways_of
from scheduler.sources.handlings import (
    DEFAULT_MUTE_DAYS,
    MAX_MUTE_DAYS,
    end_handlings,
    handling_line,
    why_line,
)
from scheduler.sources.home_health import home_health
from spiders.sources.source_file import choose, load_source, load_sources

MAX_VISITS_SHOWN: Final = 10
"""Maximum number of visits, and of errors per visit, on the page of a source."""

NOT_VISITED: Final = "it has not been visited yet"


class SourcePages:
    """The pages at /admin/sources/."""

    def __init__(
        self, home: Home, pages: AdminPages, posts: Posts, service: RunningService
    ) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes of the admin pages for sources."""
        one = "/admin/sources/{source}"
        actions = {
            "visit": self._visit,
            "pause": self._pause,
            "resume": self._resume,
            "ack": self._ack,
            "mute": self._mute,
            "unmute": self._unmute,
        }
        return [
            Route("/admin/sources/", self._list),
            Route(f"{one}/", self._one),
            *(
                Route(f"{one}/{name}", self._posts.to(action), methods=["POST"])
                for name, action in actions.items()
            ),
        ]

    async def _list(self, request: Request) -> Response:
        rows = await asyncio.to_thread(self._rows)
        return await self._pages.show(request, "sources.html", "Sources", rows=rows)

    def _rows(self) -> list[dict[str, Any]]:
        loaded, broken = load_sources(self._home.sources)
        with closing(self._home.plain_store().public_view()) as store:
            found = {one.source: one for one in home_health(self._home, store)}
            names = {name: one.name for name, one in store.sources().items()}
        names |= {one.id: one.file.name for one in choose(loaded, ())}
        due, now = self._service.due(), utc_now()
        rows = []
        for source in sorted(names.keys() | found.keys()):
            health = found.get(source)
            if source in self._service.visiting or (health and health.visiting):
                visit = "running"
            else:
                visit = in_words(due[source], now) if source in due else ""
            rows.append(
                {
                    "id": source,
                    "name": names.get(source, source),
                    "state": health.label if health else "new",
                    "is_well": health is None or health.is_well,
                    "why": why_line(health) if health else NOT_VISITED,
                    "visit": visit,
                }
            )
        rows += [
            {"id": "", "name": str(error), "state": "", "is_well": False, "why": "", "visit": ""}
            for error in broken
        ]
        return sorted(rows, key=lambda row: (row["is_well"], row["id"]))

    async def _one(self, request: Request) -> Response:
        source = request.path_params["source"]
        values = await asyncio.to_thread(self._values, source)
        now = utc_now()
        due = self._service.due().get(source)
        visit = "running" if source in self._service.visiting else due and in_words(due, now)
        return await self._pages.show(request, "source.html", visit=visit, **values)

    def _values(self, source: str) -> dict[str, Any]:
        text, fault, own, file = "", "", False, None
        try:
            loaded = load_source(self._home.sources, source)
            own, file = loaded.own, loaded.file
            text = masked_toml(read_text(loaded.path, SourceError))
        except (SourceError, UnknownSource) as error:
            fault = str(error)
        with closing(self._home.plain_store().public_view()) as store:
            known = store.sources().get(source)
            if known is None and not text:
                raise HTTPException(404)
            runs = store.runs(source, limit=MAX_VISITS_SHOWN)
            health = next((o for o in home_health(self._home, store) if o.source == source), None)
        settings = self._home.settings
        ways = ways_of(source, health.code, file, settings) if health and file else ()
        return {
            "advice": advice_line(ways),
            "letter": letter(file, health.code, settings) if ways and health and file else "",
            "title": known.name if known else source,
            "source": source,
            "url": known.url if known else "",
            "text": text,
            "fault": fault,
            "own": own,
            "runs": runs,
            "max_errors": MAX_VISITS_SHOWN,
            "health": health,
            "why": why_line(health) if health else NOT_VISITED,
            "handled": {kind: handling_line(o) for kind, o in health.handled.items()}
            if health
            else {},
            "days": DEFAULT_MUTE_DAYS,
            "most_days": MAX_MUTE_DAYS,
        }

    async def _visit(self, request: Request, _: Mapping[str, str]) -> str:
        source = request.path_params["source"]
        begun = await self._service.visit_now(source)
        return f"{source} is being visited" + ("" if begun else " already")

    async def _pause(self, request: Request, form: Mapping[str, str]) -> str:
        return await self._decide(request, handlings.pause, form.get("why", "").strip())

    async def _resume(self, request: Request, _: Mapping[str, str]) -> str:
        return await self._end(request, "paused")

    async def _ack(self, request: Request, form: Mapping[str, str]) -> str:
        return await self._decide(request, handlings.acknowledge, reason_of(form))

    async def _mute(self, request: Request, form: Mapping[str, str]) -> str:
        given = form.get("days", "")
        if not (re.fullmatch("[0-9]{1,4}", given) and 1 <= int(given) <= MAX_MUTE_DAYS):
            raise InvalidField(f"{given[:20]!r} is not a number of days from 1 to {MAX_MUTE_DAYS}")
        return await self._decide(request, handlings.mute, reason_of(form), int(given))

    async def _unmute(self, request: Request, _: Mapping[str, str]) -> str:
        return await self._end(request, "muted", "acknowledged")

    async def _decide(
        self, request: Request, decide: Callable[..., Any], why: str, *more: object
    ) -> str:
        source = request.path_params["source"]
        handling = await asyncio.to_thread(decide, self._home, source, why, *more)
        await self._service.reload_sources()
        return f"{source} is {handling_line(handling)}"

    async def _end(self, request: Request, *kinds: Any) -> str:
        source = request.path_params["source"]
        ended = await asyncio.to_thread(end_handlings, self._home, source, kinds)
        await self._service.reload_sources()
        return f"{source} is no longer {' or '.join(ended or kinds)}"


def reason_of(form: Mapping[str, str]) -> str:
    """Return the reason that was entered in a form. Raises InvalidField if it is empty."""
    if why := form.get("why", "").strip():
        return why
    raise InvalidField("enter a reason; it is shown on the source's page")
