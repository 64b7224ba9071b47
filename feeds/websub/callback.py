"""What hubs of others are answered that tell us of the feeds of sources (W3C WebSub, 5.3 and 7).

What they send is never taken for what a source says: it is a hint to visit the source.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.models import FeedSubscription
from data.models.websub import LEASE
from data.settings import Site
from data.store.websub_protocol import WebSubStore
from feeds.urls import CALLBACK_PATH
from feeds.websub.feed_subscriber import callback_base

log = structlog.get_logger()

ANSWERED_WITHIN: Final = 86_400
"""Seconds in which a hub may ask back after it was asked."""

LONGEST_CHALLENGE: Final = 4_096

LEASES: Final = (600, 366 * 86_400)
"""Bounds for the seconds of a subscription that are believed."""

RENEWED_AFTER: Final = 0.8
"""The part of a lease after which it is renewed."""

DENIED: Final = 86_400
"""Seconds until a hub is asked again that refused."""

LARGEST: Final = 20_000_000
"""Bytes of content whose signature is looked at."""

HEARD_AGAIN: Final = 60
"""Seconds between two notes that a hub was heard of."""

SIGNATURE: Final = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-fA-F]{40,128})")

IGNORED: Final = 204
"""What is answered to all content: a hub learns nothing of whether it was believed."""


class FeedCallback:
    """An ASGI application below CALLBACK_PATH; ``hinted`` is called with sources that changed."""

    def __init__(self, store: WebSubStore, site: Site, hinted: Callable[[str], None]) -> None:
        self._store = store
        self._base = callback_base(site)
        self._hinted = hinted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a hub that asks whether we mean it, or sends what changed."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except StoreError as error:
            log.warning("a hub could not be answered", problem=str(error))
            answer = PlainTextResponse("try again later\n", 503, {"retry-after": "600"})
        answer.headers["x-content-type-options"] = "nosniff"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        token = request.scope["path"].removeprefix(CALLBACK_PATH)
        known = self._store.feed_subscription(self._base + token)
        if request.method == "GET":
            return self._verified(request.query_params, known)
        if request.method != "POST":
            return PlainTextResponse("GET or POST\n", 405, {"allow": "GET, POST"})
        if known is None or not known.wanted:
            # This ends what a hub goes on with.
            return PlainTextResponse("there is no such subscription\n", 410)
        if await is_signed(request, known.secret):
            self._heard(known.callback)
        return Response(status_code=IGNORED)

    def _heard(self, callback: str) -> None:
        # Asked for again: it may have been renewed, or have ended, while content came in.
        known, now = self._store.feed_subscription(callback), time.time()
        if known is None or not known.wanted:
            return
        if not 0 <= now - known.heard < HEARD_AGAIN:
            self._store.keep_feed_subscription(replace(known, heard=now))
        self._hinted(known.source)

    def _verified(self, asked: Mapping[str, str], known: FeedSubscription | None) -> Response:
        """Confirm what we asked for, and nothing else (section 5.3)."""
        mode, challenge = asked.get("hub.mode"), asked.get("hub.challenge", "")
        if known is None or asked.get("hub.topic") != known.topic:
            return PlainTextResponse("there is no such subscription\n", 404)
        now = time.time()
        if mode == "denied":
            log.warning("hub of a source denied", source=known.source)
            self._store.keep_feed_subscription(replace(known, expires=0.0, due=now + DENIED))
            return Response(status_code=IGNORED)
        mine = "subscribe" if known.wanted else "unsubscribe"
        expected = 0 <= now - known.asked < ANSWERED_WITHIN
        if mode != mine or not expected or not 0 < len(challenge) <= LONGEST_CHALLENGE:
            return PlainTextResponse("nobody here asked for that\n", 404)
        if known.wanted:
            lease = lease_of(asked.get("hub.lease_seconds", ""))
            self._store.keep_feed_subscription(
                replace(known, expires=now + lease, due=now + lease * RENEWED_AFTER, attempts=0)
            )
        else:
            self._store.remove_feed_subscription(known.callback)
        log.info("a hub asked back", source=known.source, mode=mode)
        return PlainTextResponse(challenge)


def lease_of(text: str) -> int:
    """The seconds that a hub gives a subscription, as far as they are believed."""
    seconds = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else LEASE
    return min(max(seconds, LEASES[0]), LEASES[1])


async def is_signed(request: Request, secret: str) -> bool:
    """Whether content is signed with our secret (section 7.1); it is read, and kept nowhere."""
    found = SIGNATURE.fullmatch(request.headers.get("x-hub-signature", "").strip())
    if not found:
        return False
    mac, size = hmac.new(secret.encode(), digestmod=found[1]), 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST:
            return False
        mac.update(piece)
    return hmac.compare_digest(mac.hexdigest(), found[2].lower())
