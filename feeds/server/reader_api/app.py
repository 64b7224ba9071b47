"""The routes of the Google Reader API, and who is let in.

An account is the name of a token: the token is the password, whatever the name that is typed in.
All sources are its subscriptions, for good; what it read and starred is kept under its name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from data.errors import StoreError
from data.settings import Site
from data.store import open_existing
from data.tokens import Token
from feeds.server.reader_api.account import Account, BadRequest, Values
from feeds.server.reader_api.answers import READING, WRITING
from feeds.server.requests.access import Access
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.urls import FRESHRSS_API, READER_API, READER_LOGINS

log = logging.getLogger(__name__)

MOST_BYTES: Final = 1_000_000
MOST_VALUES: Final = 5_000
"""Bytes and parameters of a request."""

NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class ReaderApi:
    """Answers for one site from its store, to those that ``access`` knows."""

    def __init__(self, store_url: str, site: Site, access: Access, queue: WorkQueue) -> None:
        self._url = store_url
        self._site = site
        self._access = access
        self._queue = queue

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [Route(path, self.login, methods=["GET", "POST"]) for path in READER_LOGINS]
        routes += [Route(path, is_here) for path in (FRESHRSS_API, FRESHRSS_API + "/")]
        for before in READER_API:
            routes.append(Route(before + "token", self.token))
            for path, answer in READING.items():
                end = self.endpoint(answer)
                routes.append(Route(before + path, end, methods=["GET", "POST"]))
            for path, answer in WRITING.items():
                routes.append(Route(before + path, self.endpoint(answer), methods=["POST"]))
        return Starlette(
            routes=routes,
            exception_handlers=dict.fromkeys(
                (BadRequest, ClientDisconnect, StoreError, Unanswered), explain
            ),
        )

    async def login(self, request: Request) -> Response:
        """Give a token back for the password that it is."""
        values = await values_of(request)
        text = values.get("Passwd", [""])[-1]
        header = (b"authorization", b"Bearer " + text.encode("utf-8", "replace"))
        verdict = self._access.judge({**request.scope, "headers": [header]}, "read")
        if not verdict.is_granted:
            return refused(verdict.status, verdict.retry_after)
        return PlainTextResponse(f"SID=none\nLSID=none\nAuth={text}\n", headers=NO_STORE)

    async def token(self, request: Request) -> Response:
        """What readers send along with changes; it is not looked at.

        It kept other sites from sending requests with somebody's cookies; ours have none.
        """
        verdict = self._access.judge(request.scope, "read")
        if not verdict.is_granted:
            return refused(verdict.status, verdict.retry_after)
        return PlainTextResponse("communique", headers=NO_STORE)

    def endpoint(self, answer: Callable[[Account, str | None], Any]) -> Callable[..., Any]:
        """What answers requests of an account."""

        async def respond(request: Request) -> Response:
            verdict = self._access.judge(request.scope, "read")
            if not verdict.is_granted or verdict.token is None:
                return refused(verdict.status, verdict.retry_after)
            values = await values_of(request)
            stream = request.path_params.get("stream")
            token = verdict.token
            made = await self._queue.run(
                request.scope,
                request.receive,
                lambda: self._made(answer, token, values, stream),
            )
            if isinstance(made, str):
                return PlainTextResponse(made, headers=NO_STORE)
            return Response(msgspec.json.encode(made), 200, NO_STORE, "application/json")

        return respond

    def _made(
        self,
        answer: Callable[[Account, str | None], Any],
        token: Token,
        values: Values,
        stream: str | None,
    ) -> Any:
        with closing(open_existing(self._url)) as store:
            return answer(Account(store, self._site, token, values), stream)


async def is_here(_: Request) -> Response:
    """Answer the base address as FreshRSS does; some clients check it before they log in."""
    return PlainTextResponse("OK", headers=NO_STORE)


def refused(status: int, retry_after: int) -> Response:
    """The answer to a request without a right token."""
    wait = {"retry-after": str(retry_after)} if retry_after else {}
    headers = {**NO_STORE, **wait, "www-authenticate": 'GoogleLogin realm="Communique"'}
    return PlainTextResponse("Error=BadAuthentication\n", status, headers)


async def values_of(request: Request) -> Values:
    """All parameters of a request: of its address, then of its body. Raises BadRequest."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise BadRequest(f"send at most {MOST_BYTES} bytes at once")
    values: dict[str, list[str]] = {}
    for text in (request.url.query, body.decode("utf-8", "replace")):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_VALUES)
        except ValueError:
            raise BadRequest(f"send at most {MOST_VALUES} parameters at once") from None
        for name, value in pairs:
            values.setdefault(name, []).append(value)
    return values


async def explain(_: Request, error: Exception) -> Response:
    """Say in a sentence what went wrong."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    if isinstance(error, BadRequest):
        return PlainTextResponse(f"{error}\n", 400, NO_STORE)
    if isinstance(error, Unanswered):
        wait = {"retry-after": str(error.retry_after), **NO_STORE}
        return PlainTextResponse(f"{error}\n", error.status, wait)
    log.warning("%s", error)
    wait = {"retry-after": "60", **NO_STORE}
    return PlainTextResponse("The store can't be read now.\n", 503, wait)
