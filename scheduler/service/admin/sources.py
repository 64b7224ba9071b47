"""Pages about sources: their health, files and visits, decisions about them, and corrections.

To correct a field, a person clicks its text on a saved page, and chooses and saves a selector. The
saved page is in a sandboxed frame with no scripts, no network and no access to our origin. Each
piece of text in the frame is a link. The link opens the selectors for its element in the whole
window. So this works without JavaScript, and none of our scripts accesses the saved page.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from data.clock import utc_now
from data.errors import CommuniqueError, SourceError, UnknownSource
from data.models import HandlingKind
from data.text.masking import masked_toml
from data.toml_files import read_text
from scheduler.children.correction.correction_child import (
    CorrectionRequest,
    CorrectionResponse,
    Corrector,
)
from scheduler.children.correction.source_edit import FIELD_BY_KEY, Field, save_selector
from scheduler.service.admin.overview import in_words
from scheduler.service.admin.pages import Action, InvalidField, PageGroup
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
from scheduler.terminal.source_report import drift_lines
from spiders.sources.source_file import choose, load_source, load_sources

MAX_VISITS_SHOWN: Final = 10
"""Maximum number of visits, and of errors per visit, on the page of a source."""

NOT_VISITED: Final = "it has not been visited yet"


class SourcePages(PageGroup):
    """The pages at /admin/sources/."""

    def routes(self) -> list[Route]:
        """Return the routes of the admin pages for sources."""
        one = "/admin/sources/{source}"
        actions: dict[str, Action] = {
            "visit": self._visit,
            "pause": self._pause,
            "resume": partial(self._end, ("paused",)),
            "ack": self._ack,
            "mute": self._mute,
            "unmute": partial(self._end, ("muted", "acknowledged")),
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

    async def _ack(self, request: Request, form: Mapping[str, str]) -> str:
        return await self._decide(request, handlings.acknowledge, reason_of(form))

    async def _mute(self, request: Request, form: Mapping[str, str]) -> str:
        given = form.get("days", "")
        if not (re.fullmatch("[0-9]{1,4}", given) and 1 <= int(given) <= MAX_MUTE_DAYS):
            raise InvalidField(f"{given[:20]!r} is not a number of days from 1 to {MAX_MUTE_DAYS}")
        return await self._decide(request, handlings.mute, reason_of(form), int(given))

    async def _decide(
        self, request: Request, decide: Callable[..., Any], why: str, *more: object
    ) -> str:
        source = request.path_params["source"]
        handling = await asyncio.to_thread(decide, self._home, source, why, *more)
        await self._service.reload_sources()
        return f"{source} is {handling_line(handling)}"

    async def _end(
        self, kinds: Sequence[HandlingKind], request: Request, _: Mapping[str, str]
    ) -> str:
        source = request.path_params["source"]
        ended = await asyncio.to_thread(end_handlings, self._home, source, kinds)
        await self._service.reload_sources()
        return f"{source} is no longer {' or '.join(ended or kinds)}"


def reason_of(form: Mapping[str, str]) -> str:
    """Return the reason that was entered in a form. Raises InvalidField if it is empty."""
    if why := form.get("why", "").strip():
        return why
    raise InvalidField("enter a reason; it is shown on the source's page")


FRAME_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "x-dns-prefetch-control": "off",
    "x-robots-tag": "noindex",
}
"""Response headers for a saved page, which isolate the page."""

MAX_SELECTOR_CHARS: Final = 500
"""Maximum length in characters of a selector."""


@dataclass(eq=False)
class CorrectPages(PageGroup):
    """The pages at /admin/sources/<id>/correct/."""

    _corrector: Corrector

    def routes(self) -> list[Route]:
        """Return the routes of the pages for corrections."""
        one = "/admin/sources/{source}/correct"
        return [
            Route(f"{one}/", self._choose),
            Route(f"{one}/page", self._page),
            Route(f"{one}/preview", self._preview),
            Route(f"{one}/save", self._posts.to(self._save, "../"), methods=["POST"]),
        ]

    async def close(self) -> None:
        """End the child process that extracts pages."""
        await self._corrector.close()

    async def _choose(self, request: Request) -> Response:
        asked = self._asked(request, "candidates")
        answer = await self._told(asked)
        query = {"field": asked.field, "page": asked.page}
        chosen = query if asked.element is None else {**query, "element": asked.element}
        return await self._show(
            request,
            "correct.html",
            answer,
            number=asked.page,
            around=answer.around,
            candidates=answer.candidates,
            frame=f"page?{urlencode(chosen)}",
            widen=f"?{urlencode(query)}&element=",
            is_chosen=asked.element is not None,
        )

    async def _preview(self, request: Request) -> Response:
        asked = self._asked(request, "preview")
        answer = await self._told(asked)
        lines = [*drift_lines(answer.preview.drift)] if answer.preview else []
        return await self._show(
            request,
            "correct_preview.html",
            answer,
            selector=asked.selector,
            preview=answer.preview,
            lines=lines,
        )

    async def _page(self, request: Request) -> Response:
        asked = self._asked(request, "page")
        answer = await self._told(asked)
        if answer.fault:
            raise HTTPException(404, answer.fault)
        return HTMLResponse(answer.html, headers=FRAME_HEADERS)

    async def _save(self, request: Request, form: Mapping[str, str]) -> str:
        source = request.path_params["source"]
        field = field_of(form.get("field", ""))
        selector = form.get("selector", "").strip()[:MAX_SELECTOR_CHARS]
        digest = form.get("digest", "")
        path = await asyncio.to_thread(save_selector, self._home, source, field, selector, digest)
        await self._service.reload_sources()
        return f"wrote {field.table}.{field.key} into {path}; the next visit uses it"

    async def _told(self, asked: CorrectionRequest) -> CorrectionResponse:
        try:
            return await self._corrector.ask(asked)
        except (CommuniqueError, OSError) as error:
            return CorrectionResponse(str(error))

    async def _show(
        self, request: Request, template: str, answer: CorrectionResponse, **values: Any
    ) -> Response:
        return await self._pages.show(
            request,
            template,
            "Correct a field",
            source=request.path_params["source"],
            field=request.query_params.get("field", ""),
            fields=FIELD_BY_KEY,
            fault=answer.fault,
            saved=answer.pages,
            **values,
        )

    def _asked(self, request: Request, want: Any) -> CorrectionRequest:
        """Return the correction request in the query of an HTTP request.

        Raises HTTPException if a value is invalid.
        """
        source, query = request.path_params["source"], request.query_params
        try:
            load_source(self._home.sources, source)
        except CommuniqueError as error:
            raise HTTPException(404) from error
        name = query.get("field", "")
        if want != "candidates" or name:
            field_of(name)
        page, element = number_of(query.get("page", "0")), query.get("element", "")
        pick = f"./?{urlencode({'field': name, 'page': page})}&element="
        return CorrectionRequest(
            want,
            source,
            name or next(iter(FIELD_BY_KEY)),
            page,
            number_of(element) if element else None,
            (query.get("other", "").strip() or query.get("selector", "").strip())[
                :MAX_SELECTOR_CHARS
            ],
            pick,
        )


def field_of(name: str) -> Field:
    """Return the field with this name. Raises HTTPException if the name is unknown."""
    if name not in FIELD_BY_KEY:
        raise HTTPException(404)
    return FIELD_BY_KEY[name]


def number_of(text: str) -> int:
    """Parse a number from a query parameter. Raises HTTPException if it is invalid."""
    if not (text.isascii() and text.isdigit() and len(text) < 8):  # noqa: PLR2004 - no page has more elements
        raise HTTPException(404)
    return int(text)
