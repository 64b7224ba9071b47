"""The site's own hub: accepts subscription requests within limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from data.models import HubRequest
from data.network.addresses import network_of
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import host_of
from feeds.sending_loop import in_thread
from feeds.websub.generated_feeds import is_made, subscribable
from feeds.websub.messages import FORM_TYPE, BadHubRequest, parse_hub_request

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
