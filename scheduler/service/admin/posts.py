"""Forms of the operator's room: read, believed or not, done, and told on the page that follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from data.errors import CommuniqueError
from feeds.server.errors import page
from scheduler.service.admin.guard import Guard, Refused, Session
from scheduler.service.admin.pages import AdminPages

Action: TypeAlias = Callable[[Request, Mapping[str, str]], Awaitable[str | tuple[str, str]]]
"""Does what a form asks for, and gives the sentence that tells it; beside it, perhaps, the page
that follows."""


class Posts:
    """Answers forms."""

    def __init__(self, guard: Guard, pages: AdminPages) -> None:
        self._guard = guard
        self._pages = pages

    def to(self, action: Action, after: str = "./") -> Callable[[Request], Awaitable[Response]]:
        """The end of a route that does something, and leads on to ``after``, a relative address."""

        async def answer(request: Request) -> Response:
            session: Session = request.state.session
            try:
                said = await self._guard.form(request, session)
            except ClientDisconnect:
                return Response(status_code=400)
            except Refused as error:
                return page(request.scope, 403, said=f"Nothing was done: {error}.")
            place = after
            try:
                told = await action(request, said)
            except (CommuniqueError, OSError) as error:
                self._pages.say(session, str(error), is_fault=True)
            else:
                sentence, place = (told, after) if isinstance(told, str) else told
                self._pages.say(session, sentence)
            return RedirectResponse(place, 303, {"cache-control": "no-store"})

        return answer
