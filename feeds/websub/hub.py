"""The site's own hub: accepts requests of subscribers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.models import HubRequest
from data.settings import Site
from data.store.store import Store
from feeds.websub.made_feeds import subscribable
from feeds.websub.messages import FORM, BadHubRequest, parse_hub_request
from feeds.websub.subscribers import has_room, queue_request

log = structlog.get_logger()

MAX_FORM_BYTES = 16_384
"""Maximum bytes of a request."""

LATER = {"retry-after": "600"}

ABOUT = "This is a WebSub hub for the feeds of this site: POST hub.mode, hub.callback, hub.topic.\n"


class Hub:
    """The ASGI application of the hub. ``woken`` is called when a request was queued."""

    def __init__(self, store: Store, site: Site, folder: Path, woken: Callable[[], None]) -> None:
        self._store = store
        self._site = site
        self._folder = folder
        self._woken = woken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept a request (section 5.1): a 202 means that the subscriber will be verified."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except BadHubRequest as error:
            answer = PlainTextResponse(f"{error}\n", 400)
        except StoreError as error:
            log.warning("hub failed", problem=str(error))
            answer = PlainTextResponse("this hub is unavailable now\n", 503, LATER)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> PlainTextResponse:
        if request.method != "POST":
            return PlainTextResponse(ABOUT)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return PlainTextResponse(f"send a form: {FORM}\n", 415)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_FORM_BYTES:
                return PlainTextResponse("the form is too large\n", 413)
        asked = parse_hub_request(bytes(body))
        file = subscribable(self._store, self._site, self._folder, asked.topic)
        if file is None:
            asked = HubRequest("denied", asked.callback, asked.topic)
        elif asked.mode == "subscribe" and not has_room(self._store, asked, file):
            return PlainTextResponse("this hub has too many subscribers\n", 503, LATER)
        client = request.client.host if request.client else ""
        if not queue_request(self._store, asked, client):
            return PlainTextResponse("too many requests are waiting\n", 503, LATER)
        self._woken()
        return PlainTextResponse("the callback will be verified\n", 202)
