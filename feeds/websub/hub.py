"""The site's own hub: accepts subscription requests within limits, and delivers changed feeds."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.models import Delivery, HubRequest, PendingRequest
from data.network.addresses import network_of
from data.network.client import Outbound, OutboundError
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import host_of
from feeds.http_headers import MEDIA_TYPES
from feeds.sending_loop import Backoff, cancel, in_thread
from feeds.websub.generated_feeds import MadeBodies, MakeFeed, is_made, subscribable
from feeds.websub.messages import (
    FORM_TYPE,
    BadHubRequest,
    delivery_headers,
    parse_hub_request,
    topic_of,
    verification_url,
)
from feeds.websub.publisher import note_changed_feeds

log = structlog.get_logger()

MAX_FORM_BYTES = 16_384
"""Maximum size in bytes of a subscription request's form."""

RETRY_HEADERS = {"retry-after": "600"}

HUB_TEXT = (
    "This is a WebSub hub for the feeds of this site: POST hub.mode, hub.callback, hub.topic.\n"
)

MAX_SUBSCRIPTIONS: Final = 10_000
"""Maximum number of subscriptions at the hub."""
MAX_SUBSCRIPTIONS_PER_HOST: Final = 2_000
"""Maximum number of subscriptions whose callbacks are on the same host."""

MAX_MADE_FEEDS: Final = 500
"""Maximum number of generated feeds that have subscribers."""
MAX_MADE_FEEDS_PER_HOST: Final = 100
"""Maximum number of generated feeds to which callbacks on the same host are subscribed."""

MAX_WAITING: Final = 1_000
"""Maximum number of subscription requests that wait for verification."""
MAX_WAITING_PER_HOST: Final = 100
"""Maximum number of waiting subscription requests whose callbacks are on the same host."""

MAX_CONCURRENT = 16
"""Maximum number of subscribers that are sent requests at the same time. Each host gets one
request at a time."""

MAX_VERIFICATIONS, MAX_DELIVERIES = 4, 12
"""Maximum number of attempts to verify a subscriber, and maximum number of attempts to deliver a
version of a feed."""


class Hub:
    """ASGI application of the hub.

    ``woken`` is called after a request was queued for verification. ``client_of`` returns the IP
    address of the client that sent a request.
    """

    def __init__(
        self,
        store: Store,
        site: SiteSettings,
        folder: Path,
        woken: Callable[[], None],
        client_of: Callable[[Scope], str],
    ) -> None:
        self._store = store
        self._site = site
        self._folder = folder
        self._woken = woken
        self._client_of = client_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Queue a subscription request and respond with 202 (section 5.1).

        Responds with an error if the request is invalid or a limit is reached. A worker verifies
        the subscriber later.
        """
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except BadHubRequest as error:
            answer = PlainTextResponse(f"{error}\n", 400)
        except StoreError as error:
            log.warning("a request to the hub failed", problem=str(error))
            answer = PlainTextResponse("this hub is unavailable now\n", 503, RETRY_HEADERS)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> PlainTextResponse:
        if request.method != "POST":
            return PlainTextResponse(HUB_TEXT)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            return PlainTextResponse(f"send a form: {FORM_TYPE}\n", 415)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_FORM_BYTES:
                return PlainTextResponse("the form is too large\n", 413)
        client = self._client_of(request.scope)
        if refusal := await in_thread(self._store, self._queue, bytes(body), client):
            return PlainTextResponse(f"{refusal}\n", 503, RETRY_HEADERS)
        self._woken()
        return PlainTextResponse("the callback will be verified\n", 202)

    def _queue(self, body: bytes, client: str) -> str:
        """Queue the request of a form. Returns the limit that prevents this, or an empty string.

        Raises BadHubRequest if the form is invalid.
        """
        asked = parse_hub_request(body)
        file = subscribable(self._store, self._site, self._folder, asked.topic)
        if file is None:
            asked = HubRequest("denied", asked.callback, asked.topic)
        elif asked.mode == "subscribe" and not has_room(self._store, asked, file):
            return "this hub has too many subscribers"
        if not queue_request(self._store, asked, client):
            return "too many requests are waiting"
        return ""


def has_room(store: Store, asked: HubRequest, file: str) -> bool:
    """Return whether a subscription may be stored: it exists already, or the limits allow it."""
    host = host_of(asked.callback)
    every, own = store.subscription_counts(host)
    roomy = (
        every < MAX_SUBSCRIPTIONS
        and own < MAX_SUBSCRIPTIONS_PER_HOST
        and (not is_made(file) or _may_be_generated(store, file, host))
    )
    return roomy or store.is_subscribed(asked.callback, file)


def _may_be_generated(store: Store, file: str, host: str) -> bool:
    """Return whether the limits allow a subscription to this generated feed."""
    made = [*filter(is_made, store.subscribed_feeds())]
    own = [*filter(is_made, store.subscribed_feeds(host))]
    return file in own or (
        len(own) < MAX_MADE_FEEDS_PER_HOST and (file in made or len(made) < MAX_MADE_FEEDS)
    )


def queue_request(store: Store, asked: HubRequest, client: str = "") -> bool:
    """Store a subscription request, and replace an earlier one with the same callback and topic.

    Returns False if too many requests are waiting. If the queue is full, the last request of the
    client with the most waiting requests is removed.
    """
    host, client = host_of(asked.callback), network_of(client)
    with store.transaction():
        every, own = store.request_counts(host)
        if own >= MAX_WAITING_PER_HOST or (every >= MAX_WAITING and not _make_room(store, client)):
            return False
        store.add_request(asked, host, client)
    return True


def _make_room(store: Store, client: str) -> bool:
    """Remove the last request of the client with the most waiting requests.

    Nothing is removed if this client is ``client``, or has at most one request more than
    ``client``. Returns whether a request was removed.
    """
    waiting = store.requests_by_client()
    most = max(waiting, key=lambda one: waiting[one])
    count, last = waiting[most]
    own, _ = waiting.get(client, (0, 0))
    if most == client or count <= own + 1:
        return False
    store.remove_request(last)
    return True


class HubWorker:
    """Worker of the hub at the URL ``hub``.

    It delivers feed files in ``folder`` and feeds generated by ``make``.
    """

    def __init__(
        self,
        store: Store,
        site: SiteSettings,
        hub: str,
        *,
        folder: Path,
        make: MakeFeed,
        outbound: Outbound,
        pace: Backoff,
    ) -> None:
        self._store = store
        self._site = site
        self._hub = hub
        self._folder = folder
        self._make = make
        self._made = MadeBodies(make)
        self._outbound = outbound
        self._pace = pace
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Verify subscribers and deliver feeds until the task is cancelled."""
        try:
            while True:
                for work in await in_thread(self._store, self._due, [*self._busy]):
                    self._start(work)
                await self._pace.rest()
        finally:
            await cancel(self._busy.values())

    def _due(self, busy: Collection[str]) -> Sequence[PendingRequest | Delivery]:
        """Return due verifications and deliveries at hosts that are not ``busy``."""
        now = time.time()
        self._store.expire_subscriptions(now)
        return [
            *self._store.pending_requests(now, busy, MAX_CONCURRENT),
            *self._store.pending_deliveries(now, busy, MAX_CONCURRENT),
        ]

    def _start(self, work: PendingRequest | Delivery) -> None:
        if len(self._busy) >= MAX_CONCURRENT or work.host in self._busy:
            return
        self._busy[work.host] = asyncio.create_task(self._work(work))

    async def _work(self, work: PendingRequest | Delivery) -> None:
        try:
            try:
                problem = await (
                    self._confirm(work) if isinstance(work, PendingRequest) else self._deliver(work)
                )
            except StoreError:
                raise
            except Exception as error:
                # The error may be permanent, so it counts as a failed attempt.
                problem = f"{type(error).__name__}: {error}"
                log.exception("WebSub verification or delivery failed", host=work.host)
            if problem:
                await in_thread(self._store, self._failed, work, problem)
            self._pace.wake()
        except StoreError as error:
            # Nothing can be recorded, so the work is tried again later.
            log.error("WebSub verification or delivery failed", host=work.host, problem=str(error))  # noqa: TRY400 - no traceback needed
        finally:
            del self._busy[work.host]

    async def _confirm(self, request: PendingRequest) -> str:
        """Verify with a subscriber that it sent a request. Returns the problem, or an empty string.

        A denied request is not a problem.
        """
        challenge = secrets.token_urlsafe(32)
        try:
            answer = await self._outbound.ask("GET", verification_url(request.asked, challenge))
        except OutboundError as error:
            return str(error)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return f"status {answer.status}"
        meant = answer.is_good and hmac.compare_digest(answer.body, challenge.encode())
        await in_thread(self._store, self._settle, request, meant=meant)
        return ""

    def _settle(self, request: PendingRequest, *, meant: bool) -> None:
        """Apply a subscription request if the subscriber confirmed it (``meant``).

        The subscription is stored or removed.
        """
        asked = request.asked
        file = subscribable(self._store, self._site, self._folder, asked.topic)
        if meant and file and asked.mode == "subscribe" and self._is_taken(asked, file):
            # The lease begins with this confirmation, as the subscriber assumes.
            self._store.add_subscription(
                asked, file, host_of(asked.callback), time.time() + asked.lease
            )
        elif meant and file and asked.mode == "unsubscribe":
            self._store.remove_subscription(asked.callback, file)
        self._store.remove_request(request.number)
        log.info(
            "WebSub subscriber verified",
            host=request.host,
            topic=asked.topic,
            mode=asked.mode,
            meant=meant,
        )

    def _is_taken(self, asked: HubRequest, file: str) -> bool:
        """Return whether the limits allow a subscription, and prepare a generated feed for it.

        The current content of a generated feed is recorded, so that only later changes are
        delivered.
        """
        if not has_room(self._store, asked, file):
            return False
        if not is_made(file) or file in self._store.feed_stamps():
            return True
        body = self._make(file)
        if body is None:
            return False
        self._store.note_feeds([(file, "", hashlib.sha256(body).digest())], told=True)
        return True

    async def _deliver(self, delivery: Delivery) -> str:
        """Send a changed feed to a subscriber. Returns the problem, or an empty string."""
        try:
            body = await in_thread(self._store, self._body, delivery)
        except OSError as error:
            return str(error)
        kind = MEDIA_TYPES[PurePath(delivery.file.partition("?")[0]).suffix]
        topic = topic_of(self._site, delivery.file)
        headers = delivery_headers(self._hub, topic, kind, delivery.secret, body)
        try:
            answer = await self._outbound.ask("POST", delivery.callback, headers, body)
        except OutboundError as error:
            return str(error)
        if answer.is_good:
            await in_thread(self._store, self._delivered, delivery, body)
        elif answer.status == HTTPStatus.GONE:
            await in_thread(
                self._store, self._store.remove_subscription, delivery.callback, delivery.file
            )
            log.info("a subscriber is gone", host=delivery.host, topic=topic)
        else:
            return f"status {answer.status}"
        return ""

    def _delivered(self, delivery: Delivery, body: bytes) -> None:
        # The delivered feed may be newer than the change that was detected.
        digest = hashlib.sha256(body).digest()
        if not is_made(delivery.file):
            note_changed_feeds(self._store, self._folder, [delivery.file])
        elif digest != delivery.digest:
            self._store.note_feeds([(delivery.file, "", digest)], told=True)
        self._store.mark_delivered(delivery, digest)

    def _body(self, delivery: Delivery) -> bytes:
        """Return the current content of the feed to deliver.

        Raises OSError or StoreError if the feed can't be read or generated.
        """
        if not is_made(delivery.file):
            return (self._folder / delivery.file).read_bytes()
        body = self._made.body(delivery.file, delivery.digest)
        if body is None:
            raise FileNotFoundError(delivery.file)
        return body

    def _failed(self, work: PendingRequest | Delivery, problem: str) -> None:
        """Schedule another attempt, or give up after too many attempts (section 7)."""
        again = self._pace.after(work.attempts)
        if isinstance(work, PendingRequest):
            if work.attempts + 1 < MAX_VERIFICATIONS:
                self._store.put_off_request(work.number, again)
                return
            self._store.remove_request(work.number)
            log.warning("WebSub subscriber could not be verified", host=work.host, problem=problem)
            return
        if work.attempts + 1 < MAX_DELIVERIES:
            self._store.put_off_delivery(work, again)
        else:
            self._store.remove_subscription(work.callback, work.file)
        # The path of a callback may be a secret of the subscriber, so only the host is logged.
        log.warning(
            "feed could not be delivered to a WebSub subscriber",
            host=work.host,
            file=work.file,
            problem=problem,
        )
