"""Pages for adding a source. They run `communique add` to inspect a site and save the source."""

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
from data.wording import time_limit
from scheduler.children.child import CommandResult
from scheduler.operations.visits_and_inspections import (
    INSPECTION_SECONDS,
    MAX_INPUT_CHARS,
    Inspections,
    given_address,
    shown_values,
)
from scheduler.service.admin.pages import PageGroup

MAX_KEPT_RESULTS: Final = 20
"""Maximum number of inspection results that are kept in memory."""

log = structlog.get_logger()


@dataclass
class Inspection:
    """Inspection of a site. ``found`` is the output of `communique add`.

    If ``page`` is true, the source is the single page at ``url``. If the command ended without a
    result, the state is ``unfinished``.
    """

    id: str
    url: str
    page: bool = False
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


@dataclass(eq=False)
class AddPages(PageGroup):
    """The pages at /admin/add/."""

    _adding: Inspections
    _inspections: OrderedDict[str, Inspection] = field(default_factory=OrderedDict, init=False)

    def routes(self) -> list[Route]:
        """Return the routes of the pages for new sources."""
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
        url = given_address(form.get("url", ""))
        one = Inspection(secrets.token_hex(8), url, page=form.get("page") == "yes")
        one.task = asyncio.create_task(self._run(one, {}))
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
        one.state, one.faults = "saving", ()
        force = form.get("force") == "yes"
        one.task = asyncio.create_task(self._run(one, fields, save=True, force=force))
        return f"saving {fields['name'] or one.shown_url}"

    async def _run(
        self, one: Inspection, fields: Mapping[str, str], *, save: bool = False, force: bool = False
    ) -> None:
        """Run `communique add`, and store its result."""
        try:
            result = await self._adding.add(one.url, fields, page=one.page, save=save, force=force)
            self._set_result(one, result)
        except (CommuniqueError, OSError) as error:
            one.faults = (str(error),)
            one.state = "found" if one.found else "unfinished"
        except Exception:
            # This is a bug. The page must not wait for a result forever.
            log.exception("the inspection of a site failed", site=one.shown_url)
            one.faults = ("the result can't be shown; see the log of the service",)
            one.state = "unfinished"
        if one.state == "saved":
            await self._service.reload_sources()
        await self._live.note()

    def _set_result(self, one: Inspection, result: CommandResult) -> None:
        output = result.printed if isinstance(result.printed, dict) else {}
        one.faults = tuple(map(masked, result.errors)) if result.code else ()
        if output.get("releases") is not None:
            one.found = shown_values(output)
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
