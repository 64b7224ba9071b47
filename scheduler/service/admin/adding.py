"""Pages for adding a source. They use `communique add` to inspect a site and save the source."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.errors import CommuniqueError
from data.text.clean import plain
from data.text.masking import masked, masked_toml
from data.text.urls import web_address
from data.wording import time_limit
from scheduler.children.child import CommandResult, run_command
from scheduler.home.home import Home
from scheduler.logs import without_secrets
from scheduler.service.admin.pages import AdminPages, AdminService, LiveEvents, Posts

INSPECTION_SECONDS: Final = 180.0
"""Maximum duration of an inspection in seconds. A slow site takes a minute."""

MAX_INSPECTIONS: Final = 2
"""Maximum number of sites that are inspected at the same time. Further inspections wait."""

MAX_KEPT_RESULTS: Final = 20
"""Maximum number of inspection results that are kept in memory."""

MAX_INPUT_CHARS: Final = 2000
"""Maximum length in characters of an address or name in a form."""

MAX_ROWS: Final = 10
"""Maximum number of listing rows, of doubts and of notes on a page."""

MAX_EXCERPT_CHARS: Final = 600
"""Maximum length in characters of a value or text of a release on a page."""

log = structlog.get_logger()


class UnusableAddress(CommuniqueError):
    """The address in the form is not a valid web address."""


@dataclass
class Inspection:
    """Inspection of a site. ``found`` is the output of `communique add`.

    If this command ended without a result, the state is ``unfinished``.
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
        """Return the address without secrets."""
        return masked(self.url)

    @property
    def is_busy(self) -> bool:
        """Return whether the site is being inspected or the source is being saved."""
        return self.state in {"looking", "saving"}


class AddPages:
    """The pages at /admin/add/."""

    def __init__(
        self, home: Home, pages: AdminPages, posts: Posts, service: AdminService, live: LiveEvents
    ) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts
        self._service = service
        self._live = live
        self._inspections: OrderedDict[str, Inspection] = OrderedDict()
        self._slots = asyncio.Semaphore(MAX_INSPECTIONS)

    def routes(self) -> list[Route]:
        """Return the routes of these pages."""
        return [
            Route("/admin/add/", self._form),
            Route("/admin/add/look", self._posts.to(self._inspect), methods=["POST"]),
            Route("/admin/add/{inspection}/", self._one),
            Route("/admin/add/{inspection}/save", self._posts.to(self._save), methods=["POST"]),
        ]

    async def close(self) -> None:
        """Cancel all running inspections."""
        tasks = [one.task for one in self._inspections.values() if one.task and not one.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _form(self, request: Request) -> Response:
        inspections = [*reversed(self._inspections.values())]
        return await self._pages.show(request, "add.html", "Add a source", inspections=inspections)

    async def _one(self, request: Request) -> Response:
        one, limit = self._known(request), time_limit(INSPECTION_SECONDS)
        return await self._pages.show(
            request, "inspection.html", "Add a source", one=one, limit=limit
        )

    async def _inspect(self, request: Request, form: Mapping[str, str]) -> tuple[str, str]:
        del request
        given = form.get("url", "").strip()
        if "://" not in given:
            given = f"https://{given}"
        # Reject characters that parsers would otherwise drop silently.
        if (
            len(given) > MAX_INPUT_CHARS
            or plain(given) != given
            or (url := web_address(given)) is None
        ):
            raise UnusableAddress(
                "the text is not a web address; enter one such as https://acme.example/news/"
            )
        one = Inspection(secrets.token_hex(8), url)
        one.task = asyncio.create_task(self._run(one, []))
        self._inspections[one.id] = one
        if len(self._inspections) > MAX_KEPT_RESULTS:
            _, oldest = self._inspections.popitem(last=False)
            if oldest.task:
                oldest.task.cancel()
        return f"checking {masked(url)}", f"{one.id}/"

    async def _save(self, request: Request, form: Mapping[str, str]) -> str:
        one = self._known(request)
        if one.is_busy or one.state == "saved" or not one.found.get("toml"):
            return "this source is saved already"
        names = ("id", "name", "timezone")
        fields = {name: plain(form.get(name, ""))[:MAX_INPUT_CHARS] for name in names}
        # Written as --name=value, so that a value can't be parsed as an option.
        options = ["--save", *(f"--{name}={value}" for name, value in fields.items() if value)]
        if form.get("force") == "yes":
            options.append("--force")
        one.state, one.faults = "saving", ()
        one.task = asyncio.create_task(self._run(one, options))
        return f"saving {fields['name'] or one.shown_url}"

    async def _run(self, one: Inspection, options: list[str]) -> None:
        """Run `communique add` with ``options``, and store its result."""
        try:
            async with self._slots:
                result = await run_command(
                    self._home, "add", "--json", *options, one.url, seconds=INSPECTION_SECONDS
                )
            self._set_result(one, result)
        except (CommuniqueError, OSError) as error:
            one.faults = (str(error),)
            one.state = "found" if one.found else "unfinished"
        except Exception:
            # This is a bug. The page must not wait for a result forever.
            log.exception("an inspection failed", site=one.shown_url)
            one.faults = ("the result can't be shown; see the log of the service",)
            one.state = "unfinished"
        if one.state == "saved":
            await self._service.reload_sources()
        await self._live.note()

    def _set_result(self, one: Inspection, result: CommandResult) -> None:
        output = result.printed if isinstance(result.printed, dict) else {}
        one.faults = tuple(map(masked, result.errors)) if result.code else ()
        if output.get("releases") is not None:
            one.found = page_values(output)
        elif output and not one.found:
            one.found = {"skeleton": masked_toml(output.get("toml", ""))}
        saved = output.get("saved")
        one.state = "saved" if saved else "found"
        if not output and not one.found.get("toml"):
            one.state = "unfinished"
        one.source = output.get("id", "") if saved else ""

    def _known(self, request: Request) -> Inspection:
        if one := self._inspections.get(request.path_params["inspection"]):
            return one
        raise HTTPException(404)


def page_values(output: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the output of `communique add` for the page: shortened and without secrets.

    The saved file contains the secrets in addresses, because visits need them.
    """
    file = masked_toml(output["toml"])
    output = without_secrets(output)
    items = output["listing"]["items"]
    release = next(iter(output["releases"]), None)
    return {
        **{key: output[key] for key in ("id", "name", "url", "timezone", "certainty", "feed")},
        "doubts": output["doubts"][:MAX_ROWS],
        "notes": output["notes"][:MAX_ROWS],
        "toml": file,
        "count": len(items),
        "rows": items[:MAX_ROWS],
        "fields": {
            name: {**one, "value": plain(one["value"])[:MAX_EXCERPT_CHARS]}
            for name, one in output["fields"].items()
            if one["value"]
        },
        "sample": release
        and {
            "title": plain(release["title"] or "")[:MAX_EXCERPT_CHARS],
            "published": release["published"] or "",
            "text": (release["body_text"] or "")[:MAX_EXCERPT_CHARS],
            "url": release["url"],
        },
    }
