"""Adding a source: an address is pasted, looked at by `communique add`, and saved by it."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import CommuniqueError
from data.text.clean import plain
from data.text.redaction import redacted, redacted_toml
from data.text.urls import web_address
from data.wording import time_limit
from scheduler.children.command_child import CommandResult, run_command
from scheduler.home import Home
from scheduler.logs import without_secrets
from scheduler.service.admin.live import LiveEvents
from scheduler.service.admin.pages import AdminPages
from scheduler.service.admin.posts import Posts
from scheduler.service.admin.work import Work

LOOK_SECONDS: Final = 180.0
"""Maximum seconds for which a site is inspected; a slow site takes a minute."""

AT_ONCE: Final = 2
"""Sites that are looked at at a time: others wait."""

REMEMBERED: Final = 20
"""Sites of which is kept what was found, until the service ends."""

LONGEST: Final = 2000
"""Characters of an address, and of a name."""

ROWS: Final = 10
"""Rows of the listing that are shown."""

EXCERPT: Final = 600
"""Characters of the text of a release that are shown."""


class BadAddress(CommuniqueError):
    """What was pasted is no address that can be looked at."""


@dataclass
class Looked:
    """A site that is being inspected, or was. ``found`` is the result of `communique add`.

    It is ``unfinished`` if that command ended without a result: nothing is known of the site then.
    """

    id: str
    url: str
    state: Literal["looking", "found", "unfinished", "saving", "saved"] = "looking"
    found: dict[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    source: str = ""
    task: asyncio.Task[None] | None = None

    @property
    def shown_url(self) -> str:
        """Its address as a page may show it."""
        return redacted(self.url)

    @property
    def is_busy(self) -> bool:
        """Whether something of it is under way."""
        return self.state in {"looking", "saving"}


class AddPages:
    """The pages at /admin/add/."""

    def __init__(
        self, home: Home, pages: AdminPages, posts: Posts, work: Work, live: LiveEvents
    ) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts
        self._work = work
        self._live = live
        self._looked: OrderedDict[str, Looked] = OrderedDict()
        self._room = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[Route]:
        """All routes of adding."""
        return [
            Route("/admin/add/", self._form),
            Route("/admin/add/look", self._posts.to(self._look), methods=["POST"]),
            Route("/admin/add/{looked}/", self._one),
            Route("/admin/add/{looked}/save", self._posts.to(self._save), methods=["POST"]),
        ]

    async def close(self) -> None:
        """End what is under way."""
        tasks = [one.task for one in self._looked.values() if one.task and not one.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _form(self, request: Request) -> Response:
        looked = [*reversed(self._looked.values())]
        file = "admin/add/index.html"
        return await self._pages.show(request, "add.html", file, "Add a source", looked=looked)

    async def _one(self, request: Request) -> Response:
        one = self._known(request)
        return await self._pages.show(
            request,
            "looked.html",
            f"admin/add/{one.id}/index.html",
            "Add a source",
            one=one,
            limit=time_limit(LOOK_SECONDS),
        )

    async def _look(self, request: Request, said: Mapping[str, str]) -> tuple[str, str]:
        del request
        given = said.get("url", "").strip()
        if "://" not in given:
            given = f"https://{given}"
        # What would be left out in silence is no part of an address.
        if len(given) > LONGEST or plain(given) != given or (url := web_address(given)) is None:
            raise BadAddress(
                "that is no address of the web: paste one such as https://acme.example/news/"
            )
        one = Looked(secrets.token_hex(8), url)
        one.task = asyncio.create_task(self._told(one, []))
        self._looked[one.id] = one
        if len(self._looked) > REMEMBERED:
            _, oldest = self._looked.popitem(last=False)
            if oldest.task:
                oldest.task.cancel()
        return f"looking at {redacted(url)}", f"{one.id}/"

    async def _save(self, request: Request, said: Mapping[str, str]) -> str:
        one = self._known(request)
        if one.is_busy or one.state == "saved" or not one.found.get("toml"):
            return "that is done already"
        fields = {name: plain(said.get(name, ""))[:LONGEST] for name in ("id", "name", "timezone")}
        # Joined to their names, no value is taken for an option.
        options = ["--save", *(f"--{name}={value}" for name, value in fields.items() if value)]
        if said.get("force") == "yes":
            options.append("--force")
        one.state, one.faults = "saving", ()
        one.task = asyncio.create_task(self._told(one, options))
        return f"saving {fields['name'] or one.shown_url}"

    async def _told(self, one: Looked, options: list[str]) -> None:
        """Have a site looked at, and saved where ``options`` say so."""
        try:
            async with self._room:
                result = await run_command(
                    self._home, "add", "--json", *options, one.url, seconds=LOOK_SECONDS
                )
            self._take(one, result)
        except (CommuniqueError, OSError) as error:
            one.faults = (str(error),)
            one.state = "found" if one.found else "unfinished"
        if one.state == "saved":
            await self._work.reload_sources()
        await self._live.note()

    def _take(self, one: Looked, result: CommandResult) -> None:
        told = result.printed if isinstance(result.printed, dict) else {}
        one.faults = tuple(map(redacted, result.errors)) if result.code else ()
        if told.get("releases") is not None:
            one.found = shown(told)
        elif told and not one.found:
            one.found = {"skeleton": redacted_toml(told.get("toml", ""))}
        saved = told.get("saved")
        one.state = "saved" if saved else "found"
        if not told and not one.found.get("toml"):
            one.state = "unfinished"
        one.source = told.get("id", "") if saved else ""

    def _known(self, request: Request) -> Looked:
        if one := self._looked.get(request.path_params["looked"]):
            return one
        raise HTTPException(404)


def shown(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a page shows of what `communique add` told: bounded, and without secrets of addresses.

    The file that is saved has them, as its source can't be visited without.
    """
    file = redacted_toml(told["toml"])
    told = without_secrets(told)
    items = told["listing"]["items"]
    release = next(iter(told["releases"]), None)
    return {
        **{key: told[key] for key in ("id", "name", "url", "timezone", "certainty", "feed")},
        "doubts": told["doubts"][:ROWS],
        "notes": told["notes"][:ROWS],
        "toml": file,
        "count": len(items),
        "rows": items[:ROWS],
        "fields": {
            name: {**one, "value": plain(one["value"])[:EXCERPT]}
            for name, one in told["fields"].items()
            if one["value"]
        },
        "sample": release
        and {
            "title": plain(release["title"] or "")[:EXCERPT],
            "published": release["published"] or "",
            "text": (release["body_text"] or "")[:EXCERPT],
            "url": release["url"],
        },
    }
