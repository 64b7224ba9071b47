"""Pages for correcting a field: click its text on a saved page, then choose and save a selector.

The saved page is in a sandboxed frame with no scripts, no network and no access to our origin. Each
piece of text in the frame is a link. The link opens the selectors for its element in the whole
window. So this works without JavaScript, and none of our scripts accesses the saved page.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from data.errors import CommuniqueError
from scheduler.children.correction.correction_child import (
    CorrectionRequest,
    CorrectionResponse,
    Corrector,
)
from scheduler.children.correction.source_text import FIELD_BY_KEY, Field, save_selector
from scheduler.home.home import Home
from scheduler.operations.visits_and_inspections import RunningService
from scheduler.service.admin.pages import AdminPages, Posts
from scheduler.terminal.source_report import drift_lines
from spiders.sources.source_file import load_source

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


class CorrectPages:
    """The pages at /admin/sources/<id>/correct/."""

    def __init__(
        self, home: Home, pages: AdminPages, posts: Posts, service: RunningService
    ) -> None:
        self._home = home
        self._pages = pages
        self._posts = posts
        self._service = service
        self._corrector = Corrector(home)

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
