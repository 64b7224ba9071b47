"""Sources: how each is, and what a person decides of it."""

from __future__ import annotations

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
from data.errors import CommuniqueError, SourceError, UnknownSource
from data.store.public_view import public_view
from data.text.redaction import redacted_toml
from data.toml_files import read_text
from scheduler.home import Home
from scheduler.service.admin.overview import in_words
from scheduler.service.admin.pages import AdminPages
from scheduler.service.admin.posts import Posts
from scheduler.service.admin.work import Work
from scheduler.sources import handlings
from scheduler.sources.handlings import (
    DEFAULT_MUTE_DAYS,
    MAX_MUTE_DAYS,
    end_handlings,
    handling_line,
    why_line,
)
from scheduler.sources.health import home_health
from spiders.sources.loader import choose, load_source, load_sources

SHOWN: Final = 10
"""Visits of a source, and errors of each, that are shown."""

FOLDER: Final = "admin/sources"


class NotSaid(CommuniqueError):
    """A form lacks what it needs."""


class SourcePages:
    """The pages at /admin/sources/."""

    def __init__(self, home: Home, pages: AdminPages, posts: Posts, work: Work) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts
        self._work = work

    def routes(self) -> list[Route]:
        """All routes of sources."""
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
        file = f"{FOLDER}/index.html"
        return await self._pages.show(request, "sources.html", file, "Sources", rows=rows)

    def _rows(self) -> list[dict[str, Any]]:
        loaded, broken = load_sources(self._home.sources)
        with closing(public_view(self._home.plain_store())) as store:
            found = {one.source: one for one in home_health(self._home, store)}
            names = {name: one.name for name, one in store.sources().items()}
        names |= {one.id: one.file.name for one in choose(loaded, ())}
        due, now = self._work.due(), utc_now()
        rows = []
        for source in sorted(names.keys() | found.keys()):
            health = found.get(source)
            if source in self._work.visiting or (health and health.visiting):
                visit = "under way"
            else:
                visit = in_words(due[source], now) if source in due else ""
            rows.append(
                {
                    "id": source,
                    "name": names.get(source, source),
                    "state": health.label if health else "new",
                    "is_well": health is None or health.is_well,
                    "why": why_line(health) if health else "it was not visited yet",
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
        due = self._work.due().get(source)
        visit = "under way" if source in self._work.visiting else due and in_words(due, now)
        file = f"{FOLDER}/{source}/index.html"
        return await self._pages.show(request, "source.html", file, visit=visit, **values)

    def _values(self, source: str) -> dict[str, Any]:
        text, fault, own = "", "", False
        try:
            loaded = load_source(self._home.sources, source)
            own = loaded.own
            text = redacted_toml(read_text(loaded.path, SourceError))
        except (SourceError, UnknownSource) as error:
            fault = str(error)
        with closing(public_view(self._home.plain_store())) as store:
            known = store.sources().get(source)
            if known is None and not text:
                raise HTTPException(404)
            runs = store.runs(source, limit=SHOWN)
            health = next((o for o in home_health(self._home, store) if o.source == source), None)
        return {
            "title": known.name if known else source,
            "source": source,
            "url": known.url if known else "",
            "text": text,
            "fault": fault,
            "own": own,
            "runs": runs,
            "shown": SHOWN,
            "health": health,
            "why": why_line(health) if health else "it was not visited yet",
            "handled": {kind: handling_line(o) for kind, o in health.handled.items()}
            if health
            else {},
            "days": DEFAULT_MUTE_DAYS,
            "most_days": MAX_MUTE_DAYS,
        }

    async def _visit(self, request: Request, _: Mapping[str, str]) -> str:
        source = request.path_params["source"]
        begun = await self._work.visit_now(source)
        return f"{source} is being visited" + ("" if begun else " already")

    async def _pause(self, request: Request, said: Mapping[str, str]) -> str:
        return await self._decided(request, handlings.pause, said.get("why", "").strip())

    async def _resume(self, request: Request, _: Mapping[str, str]) -> str:
        return await self._ended(request, "paused")

    async def _ack(self, request: Request, said: Mapping[str, str]) -> str:
        return await self._decided(request, handlings.acknowledge, why_of(said))

    async def _mute(self, request: Request, said: Mapping[str, str]) -> str:
        given = said.get("days", "")
        if not (re.fullmatch("[0-9]{1,4}", given) and 1 <= int(given) <= MAX_MUTE_DAYS):
            raise NotSaid(f"a source is muted for 1 to {MAX_MUTE_DAYS} days, not {given[:20]!r}")
        return await self._decided(request, handlings.mute, why_of(said), int(given))

    async def _unmute(self, request: Request, _: Mapping[str, str]) -> str:
        return await self._ended(request, "muted", "acknowledged")

    async def _decided(
        self, request: Request, decide: Callable[..., Any], why: str, *more: object
    ) -> str:
        source = request.path_params["source"]
        handling = await asyncio.to_thread(decide, self._home, source, why, *more)
        await self._work.reload_sources()
        return f"{source} is {handling_line(handling)}"

    async def _ended(self, request: Request, *kinds: Any) -> str:
        source = request.path_params["source"]
        ended = await asyncio.to_thread(end_handlings, self._home, source, kinds)
        await self._work.reload_sources()
        return f"{source} is not {' and '.join(ended or kinds)} any more"


def why_of(said: Mapping[str, str]) -> str:
    """Why something is decided. Raises NotSaid where nobody says so."""
    if why := said.get("why", "").strip():
        return why
    raise NotSaid("say why: it is kept, and told to whoever looks at the source next")
