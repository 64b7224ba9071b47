"""Subscriptions to the feeds of sources at their hubs (W3C WebSub), and responses to these hubs.

Content from a hub is never trusted or stored: it only triggers a visit to the source.
"""

import asyncio
import hmac
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.models import FeedHub, FeedSubscription, HubRequest
from data.models.deliveries import DEFAULT_LEASE_SECONDS, Mode
from data.network.client import Outbound, OutboundError
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import host_of, site_address
from feeds.sending_loop import Backoff, in_thread
from feeds.urls import CALLBACK_PATH
from feeds.websub.messages import FORM_TYPE, is_address, subscription_form

log = structlog.get_logger()

VERIFICATION_SECONDS: Final = 86_400
"""Maximum time in seconds between a request to a hub and the hub's verification of this request."""

MAX_CHALLENGE_LENGTH: Final = 4_096
"""Maximum length in characters of a hub's challenge."""

LEASE_LIMITS: Final = (600, 366 * 86_400)
"""Minimum and maximum duration of a subscription, in seconds."""

RENEWAL_FRACTION: Final = 0.8
"""Fraction of a subscription's duration after which it is renewed."""

RETRY_AFTER_DENIAL_SECONDS: Final = 86_400
"""Seconds until the next request to a hub after it denied a subscription."""

MAX_CONTENT_BYTES: Final = 20_000_000
"""Maximum size in bytes of content whose signature is checked."""

HEARD_UPDATE_SECONDS: Final = 60
"""Minimum number of seconds before the stored time of a hub's last message is updated again."""

SIGNATURE_HEADER: Final = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-fA-F]{40,128})")
"""Pattern that matches the X-Hub-Signature header: algorithm and hexadecimal digest."""

NO_CONTENT: Final = 204
"""Status of every response to content from a hub, so that a sender can't find out whether its
signature was valid."""

REQUESTS_PER_HUB: Final = 10
"""Maximum number of requests to one hub per round."""

MAX_CONCURRENT_HUBS: Final = 16
"""Maximum number of hubs contacted at the same time."""

MAX_UNSUBSCRIBE_ATTEMPTS: Final = 4
"""Maximum number of attempts to unsubscribe. If all of them fail, the subscription ends when its
lease expires, or when our callback responds with 410."""


class FeedCallback:
    """ASGI application for WebSub callbacks, mounted below CALLBACK_PATH.

    ``hinted`` is called with the id of each source for which a hub reports a change.
    """

    def __init__(self, store: Store, site: SiteSettings, hinted: Callable[[str], None]) -> None:
        self._store = store
        self._base = callback_base(site)
        self._hinted = hinted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a hub that verifies a subscription or sends content."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except StoreError as error:
            log.warning("a request from a WebSub hub failed", problem=str(error))
            answer = PlainTextResponse("try again later\n", 503, {"retry-after": "600"})
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        callback = self._base + request.scope["path"].removeprefix(CALLBACK_PATH)
        if request.method == "GET":
            return await in_thread(self._store, self._verified, request.query_params, callback)
        if request.method != "POST":
            return PlainTextResponse("GET or POST\n", 405, {"allow": "GET, POST"})
        known = await in_thread(self._store, self._store.feed_subscription, callback)
        if known is None or not known.wanted:
            # After a 410, the hub ends the subscription.
            return PlainTextResponse("unknown subscription\n", 410)
        if await is_signed(request, known.secret):
            source = await in_thread(self._store, self._heard, callback)
            if source is not None:
                self._hinted(source)
        return Response(status_code=NO_CONTENT)

    def _heard(self, callback: str) -> str | None:
        """Store the time of a message from a hub. Returns the source if its subscription exists."""
        # Read the subscription again: it may have been renewed or ended while the content arrived.
        known, now = self._store.feed_subscription(callback), time.time()
        if known is None or not known.wanted:
            return None
        if not 0 <= now - known.heard < HEARD_UPDATE_SECONDS:
            self._store.keep_feed_subscription(replace(known, heard=now))
        return known.source

    def _verified(self, asked: Mapping[str, str], callback: str) -> Response:
        """Confirm a subscription that Communique requested, and refuse all others (section 5.3)."""
        mode, challenge = asked.get("hub.mode"), asked.get("hub.challenge", "")
        known = self._store.feed_subscription(callback)
        if known is None or asked.get("hub.topic") != known.topic:
            return PlainTextResponse("unknown subscription\n", 404)
        now = time.time()
        if mode == "denied":
            log.warning("a WebSub hub denied a subscription", source=known.source)
            self._store.keep_feed_subscription(
                replace(known, expires=0.0, due=now + RETRY_AFTER_DENIAL_SECONDS)
            )
            return Response(status_code=NO_CONTENT)
        mine = "subscribe" if known.wanted else "unsubscribe"
        expected = 0 <= now - known.asked < VERIFICATION_SECONDS
        if mode != mine or not expected or not 0 < len(challenge) <= MAX_CHALLENGE_LENGTH:
            return PlainTextResponse("no such request was made\n", 404)
        if known.wanted:
            lease = lease_of(asked.get("hub.lease_seconds", ""))
            self._store.keep_feed_subscription(
                replace(known, expires=now + lease, due=now + lease * RENEWAL_FRACTION, attempts=0)
            )
        else:
            self._store.remove_feed_subscription(known.callback)
        log.info("WebSub subscription verified", source=known.source, mode=mode)
        return PlainTextResponse(challenge)


def lease_of(text: str) -> int:
    """Return the duration of a subscription in seconds, limited to LEASE_LIMITS."""
    seconds = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else DEFAULT_LEASE_SECONDS
    return min(max(seconds, LEASE_LIMITS[0]), LEASE_LIMITS[1])


async def is_signed(request: Request, secret: str) -> bool:
    """Return whether the content of a request has a valid signature by ``secret`` (section 7.1).

    The content is read but not stored.
    """
    found = SIGNATURE_HEADER.fullmatch(request.headers.get("x-hub-signature", "").strip())
    if not found:
        return False
    mac, size = hmac.new(secret.encode(), digestmod=found[1]), 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_CONTENT_BYTES:
            return False
        mac.update(piece)
    return hmac.compare_digest(mac.hexdigest(), found[2].lower())


class FeedSubscriber:
    """Requests and renews subscriptions at sources' hubs, and ends unneeded subscriptions."""

    def __init__(self, store: Store, site: SiteSettings, outbound: Outbound, pace: Backoff) -> None:
        self._store = store
        self._base = callback_base(site)
        self._outbound = outbound
        self._pace = pace

    async def round(self, sources: Collection[str]) -> None:
        """Send all due subscription requests for ``sources``, and end all other subscriptions."""
        by_host = defaultdict[str, list[FeedSubscription]](list)
        for one in await in_thread(self._store, self._due, sources):
            by_host[host_of(one.hub)].append(one)
        room = asyncio.Semaphore(MAX_CONCURRENT_HUBS)
        await asyncio.gather(
            *(self._ask_hub(some[:REQUESTS_PER_HUB], room) for some in by_host.values())
        )

    def _due(self, sources: Collection[str]) -> Sequence[FeedSubscription]:
        """Return the due subscriptions.

        Missing subscriptions are first stored as due, and unneeded ones are marked as ending.
        """
        now = time.time()
        hubs = self._store.feed_hubs().items()
        missing = {(source, one.hub, one.topic) for source, one in hubs if source in sources}
        missing = {one for one in missing if is_address(one[1]) and is_address(one[2])}
        for one in self._store.feed_subscriptions():
            place = one.source, one.hub, one.topic
            if one.wanted and place in missing and one.callback.startswith(self._base):
                missing.remove(place)
            elif one.wanted:
                ended = replace(one, wanted=False, asked=0.0, due=now, attempts=0)
                self._store.keep_feed_subscription(ended)
        if missing:
            # The store contains secrets from now on.
            self._store.keep_private()
        for source, hub, topic in sorted(missing):
            # The callback's address is a secret shared with the hub, and only the hub can confirm
            # or end the subscription.
            callback = self._base + secrets.token_urlsafe(32)
            secret = secrets.token_urlsafe(32)
            self._store.keep_feed_subscription(
                FeedSubscription(callback, source, hub, topic, secret)
            )
        return [one for one in self._store.feed_subscriptions() if one.due <= now]

    async def _ask_hub(self, due: Iterable[FeedSubscription], room: asyncio.Semaphore) -> None:
        """Send the due requests to one hub, or stop if the hub is unreachable."""
        async with room:
            for one in due:
                asked = await in_thread(self._store, self._noted, one)
                if asked is None:
                    continue
                try:
                    await self._ask(asked)
                except OutboundError as error:
                    log.warning(
                        "the WebSub hub of a source is unreachable",
                        source=one.source,
                        problem=str(error),
                    )
                    return

    def _noted(self, due: FeedSubscription) -> FeedSubscription | None:
        """Store a request to a hub before it is sent, and return the updated subscription.

        Returns None if the request is no longer necessary. The request is stored first, because a
        hub may verify it before it responds.
        """
        # The hub may have verified or ended this subscription since the round started.
        one = self._store.feed_subscription(due.callback)
        if one is None or one.due > due.due:
            return None
        if not one.wanted and (
            one.attempts >= MAX_UNSUBSCRIBE_ATTEMPTS or one.expires <= time.time()
        ):
            self._store.remove_feed_subscription(one.callback)
            return None
        asked = replace(
            one,
            asked=time.time(),
            due=self._pace.after(one.attempts),
            attempts=one.attempts + 1,
        )
        self._store.keep_feed_subscription(asked)
        return asked

    async def _ask(self, one: FeedSubscription) -> None:
        """Send a request to a hub to start or end a subscription.

        Raises OutboundError if the hub is unreachable.
        """
        mode: Mode = "subscribe" if one.wanted else "unsubscribe"
        form = subscription_form(HubRequest(mode, one.callback, one.topic, secret=one.secret))
        answer = await self._outbound.ask("POST", one.hub, {"content-type": FORM_TYPE}, form)
        if answer.is_good:
            log.info(
                "WebSub subscription requested", source=one.source, hub=host_of(one.hub), mode=mode
            )
        else:
            log.warning(
                "the WebSub hub of a source refused a request",
                source=one.source,
                mode=mode,
                problem=f"status {answer.status}",
            )


def callback_base(site: SiteSettings) -> str:
    """Return the URL prefix of all callbacks."""
    return site_address(site.url) + CALLBACK_PATH


def hub_state(store: Store, source: str) -> tuple[FeedHub | None, FeedSubscription | None]:
    """Return the hub of a source and our subscription at that hub; each may be None."""
    wanted = [one for one in store.feed_subscriptions() if one.source == source and one.wanted]
    return store.feed_hubs().get(source), wanted[0] if wanted else None
