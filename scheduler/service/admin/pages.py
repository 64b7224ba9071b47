"""Common parts of all admin pages: rendering, forms, access to the service, and live updates.

Open pages reload after each change in this process. Changes in other processes are not noticed, so
pages also reload every MAX_EVENT_INTERVAL_SECONDS.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from jinja2 import ChoiceLoader, Environment, PackageLoader
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from data.errors import CommuniqueError
from data.models import Facet
from feeds.catalog import catalog_of
from feeds.pages.renderer import PageRenderer
from feeds.server.error_pages import page
from scheduler.home.home import Home
from scheduler.operations.visits_and_inspections import RunningService
from scheduler.service.admin.guard import Guard, RejectedForm, Session

CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'"
)

PAGE_HEADERS: Final = {
    # The server adds the headers that all pages share.
    "cache-control": "no-store",
    "content-security-policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    # Our forms need a Referer, but other sites must not get the addresses of these pages.
    "referrer-policy": "same-origin",
    "x-robots-tag": "noindex",
}

MAX_PENDING_MESSAGES: Final = 100
"""Maximum number of messages that are stored until a page displays them."""


NAVIGATION_TABS: Final = (
    ("Overview", "admin/index.html"),
    ("Sources", "admin/sources/index.html"),
    ("Add a source", "admin/add/index.html"),
    ("Catalogues", "admin/catalogues/index.html"),
    ("Watches", "admin/watches/index.html"),
)
"""Names and files of the pages in the navigation."""

Action: TypeAlias = Callable[[Request, Mapping[str, str]], Awaitable[str | tuple[str, str]]]
"""Function that processes the fields of a form, and returns a message, or a message and the address
of the next page."""

MAX_EVENT_INTERVAL_SECONDS: Final = 15.0
"""Maximum time in seconds between two events. Regular events keep the connection open."""

MIN_EVENT_INTERVAL_SECONDS: Final = 1.0
"""Minimum time in seconds between two events that an open page receives."""

MAX_LISTENERS: Final = 20
"""Maximum number of open pages that receive events."""


class InvalidField(CommuniqueError):
    """Raised if a field in a form is empty or invalid."""


class AdminPages:
    """Renderer of the admin pages of a home directory."""

    def __init__(self, home: Home, cookie_name: str) -> None:
        self._home = home
        self._cookie_name = cookie_name
        self._messages: OrderedDict[str, tuple[str, bool]] = OrderedDict()

    async def show(
        self,
        request: Request,
        template: str,
        title: str,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Render the page at the request's address with a template from ``templates/admin``."""
        path = request.scope["path"].removeprefix("/")
        file = f"{path}index.html" if path.endswith("/") else f"{path}.html"
        session: Session = request.state.session
        message, is_fault = self._messages.pop(session.cookie, ("", False))
        text = await asyncio.to_thread(
            self._rendered,
            f"admin/{template}",
            file,
            title=title,
            message=message,
            is_fault=is_fault,
            tabs=NAVIGATION_TABS,
            form_token=session.form,
            **values,
        )
        answer = HTMLResponse(text, status, PAGE_HEADERS)
        answer.set_cookie(
            self._cookie_name,
            session.cookie,
            path="/",
            httponly=True,
            samesite="strict",
            secure=self._home.settings.site.url.startswith("https:"),
        )
        return answer

    def add_message(self, session: Session, text: str, *, is_fault: bool = False) -> None:
        """Queue a message, which is displayed on the next page of a session."""
        self._messages[session.cookie] = text, is_fault
        if len(self._messages) > MAX_PENDING_MESSAGES:
            self._messages.popitem(last=False)

    def _rendered(self, template: str, file: str, **values: Any) -> bytes:
        with closing(self._home.plain_store()) as store:
            pages = PageRenderer(catalog_of(store, self._home.settings.site), {})
        pages.environment = templates(pages.environment)
        return pages.render(
            template, file, Facet(), policy=CONTENT_POLICY, referrer="same-origin", **values
        )


@cache
def templates(site: Environment) -> Environment:
    """Return the template environment for the site and the admin pages.

    The environment is cached, because compiling templates is slow.
    """
    loaders = [PackageLoader("feeds.pages"), PackageLoader("scheduler.service.admin")]
    return site.overlay(loader=ChoiceLoader(loaders))


class Posts:
    """Handler of forms: checks a form, runs its action, and redirects to a page with a message."""

    def __init__(self, guard: Guard, pages: AdminPages) -> None:
        self._guard = guard
        self._pages = pages

    def to(self, action: Action, after: str = "./") -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that runs ``action`` and redirects to ``after``, a relative address."""

        async def handle(request: Request) -> Response:
            session: Session = request.state.session
            try:
                fields = await self._guard.form(request, session)
            except ClientDisconnect:
                return Response(status_code=400)
            except RejectedForm as error:
                return page(request.scope, 403, message=f"Nothing was changed: {error}.")
            target = after
            try:
                result = await action(request, fields)
            except (CommuniqueError, OSError) as error:
                self._pages.add_message(session, str(error), is_fault=True)
            else:
                message, target = (result, after) if isinstance(result, str) else result
                self._pages.add_message(session, message)
            return RedirectResponse(target, 303, {"cache-control": "no-store"})

        return handle


class LiveEvents:
    """Stream of server-sent events at /admin/events."""

    def __init__(self) -> None:
        self._changes = 0
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._closed = False

    async def note(self) -> None:
        """Send an event about a change to all open pages."""
        async with self._changed:
            self._changes += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End all event streams, because a server waits for its responses before it stops."""
        self._closed = True
        await self.note()

    async def show(self, request: Request) -> Response:
        """Stream events to a page."""
        del request
        if self._listeners >= MAX_LISTENERS or self._closed:
            # After status 204, a browser does not reconnect.
            return Response(status_code=204)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        self._listeners += 1
        try:
            yield "retry: 5000\n\n"
            seen = self._changes
            while not self._closed:
                try:
                    async with asyncio.timeout(MAX_EVENT_INTERVAL_SECONDS), self._changed:
                        await self._changed.wait_for(lambda: self._changes != seen)  # noqa: B023 - awaited here
                except TimeoutError:
                    pass
                seen = self._changes
                yield f"data: {seen}\n\n"
                if not self._closed:
                    await asyncio.sleep(MIN_EVENT_INTERVAL_SECONDS)
        finally:
            self._listeners -= 1


@dataclass(eq=False)
class PageGroup:
    """A group of admin pages about one subject, with the parts that all groups share."""

    _home: Home
    _pages: AdminPages
    _posts: Posts
    _service: RunningService
    _live: LiveEvents
