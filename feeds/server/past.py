"""HTTP responses for past states of pages (see feeds.replay)."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import ArchiveError, StoreError
from feeds.replay.answer import ReplayResponse
from feeds.replay.replay import PageReplay, ReplayRequest
from feeds.server.errors import page, unanswered
from feeds.server.requests.conditional import matching
from feeds.server.requests.work_queue import Unanswered, WorkQueue

log = logging.getLogger(__name__)


class Past:
    """The ASGI application for requests that a Replay handles."""

    def __init__(self, replay: PageReplay, queue: WorkQueue) -> None:
        self._replay = replay
        self.takes = replay.takes
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        asked = ReplayRequest(scope["path"], raw, scope["query_string"], scope["headers"])
        try:
            made = await self._queue.run(scope, receive, lambda: self._replay.answer(asked))
        except Unanswered as error:
            return unanswered(scope, error)
        except (ArchiveError, StoreError) as error:
            log.warning("%s", error)
            return page(scope, 503, {"retry-after": "60"})
        if made is None:
            return page(scope, 404)
        if made.message:
            return page(scope, made.status, dict(made.headers), made.message)
        return response(made, scope["headers"])


def response(made: ReplayResponse, headers: Iterable[tuple[bytes, bytes]]) -> Response:
    """Return a response with an ETag, or a 304 if the client has it."""
    status, body, named = made.status, made.body, dict(made.headers)
    if status == 200:  # noqa: PLR2004 - OK
        named["etag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        wanted = b",".join(value for name, value in headers if name == b"if-none-match")
        if wanted and matching(wanted, [named["etag"].encode()]):
            status, body = 304, b""
    return Response(body, status, named)
